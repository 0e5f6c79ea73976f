import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const messagesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/messages',
    component: lazyRouteComponent(() => import('./MessagesPage'), 'MessagesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/messages/new',
    component: lazyRouteComponent(() => import('./MessagePage'), 'NewMessagePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/messages/$id',
    component: lazyRouteComponent(() => import('./MessagePage'), 'MessagePage'),
  }),
] as const;
