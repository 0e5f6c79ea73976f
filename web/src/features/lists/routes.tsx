import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const listsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/lists',
    component: lazyRouteComponent(() => import('./ListsPage'), 'ListsPage'),
  }),
] as const;
