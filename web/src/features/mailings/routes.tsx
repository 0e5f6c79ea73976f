import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import type { Schema } from '@/api/client';
import { defined } from '@/lib/defined';

export type MailingStatus = Schema<'MailingStatus'>;
export const statuses: readonly MailingStatus[] = [
  'running',
  'scheduled',
  'paused',
  'draft',
  'finished',
  'disabled',
];

const listRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/mailings',
  validateSearch: (search: Record<string, unknown>) =>
    defined({
      status: statuses.find((status) => status === search.status),
      owner: typeof search.owner === 'string' ? search.owner : undefined,
    }),
  component: lazyRouteComponent(() => import('./MailingsPage'), 'MailingsPage'),
});

const newRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/mailings/new',
  component: lazyRouteComponent(() => import('./NewMailingPage'), 'NewMailingPage'),
});

const mailingRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/mailings/$mailingId',
  component: lazyRouteComponent(() => import('./MailingPage'), 'MailingPage'),
});

const editRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/mailings/$mailingId/edit',
  component: lazyRouteComponent(() => import('./EditMailingPage'), 'EditMailingPage'),
});

export const mailingsRoutes = [listRoute, newRoute, mailingRoute, editRoute] as const;
