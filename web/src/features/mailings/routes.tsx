import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';

export const mailingsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/mailings',
    component: lazyRouteComponent(() => import('./MailingsPage'), 'MailingsPage'),
  }),
] as const;
