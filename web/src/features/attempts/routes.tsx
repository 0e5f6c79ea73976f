import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const attemptsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/attempts',
    component: lazyRouteComponent(() => import('./AttemptsPage'), 'AttemptsPage'),
  }),
] as const;
