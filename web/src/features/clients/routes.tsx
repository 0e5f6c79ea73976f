import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const clientsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/clients',
    component: lazyRouteComponent(() => import('./ClientsPage'), 'ClientsPage'),
  }),
] as const;
