import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import { readSearch } from './search';

export const clientsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/clients',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./ClientsPage'), 'ClientsPage'),
  }),
] as const;
