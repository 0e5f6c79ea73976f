import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const providersRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/providers',
    component: lazyRouteComponent(() => import('./ProvidersPage'), 'ProvidersPage'),
  }),
] as const;
