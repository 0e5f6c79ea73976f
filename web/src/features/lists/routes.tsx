import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const listsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/lists',
    component: lazyRouteComponent(() => import('./ListsPage'), 'ListsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/lists/$id',
    validateSearch: (search: Record<string, unknown>): { q?: string } =>
      typeof search.q === 'string' || typeof search.q === 'number' ? { q: String(search.q) } : {},
    component: lazyRouteComponent(() => import('./ListPage'), 'ListPage'),
  }),
] as const;
