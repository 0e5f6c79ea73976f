import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const messagesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/messages',
    component: lazyRouteComponent(() => import('./MessagesPage'), 'MessagesPage'),
  }),
] as const;
