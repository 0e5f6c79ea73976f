import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import { defined } from '@/lib/defined';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const date = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;

export const auditRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/audit',
    validateSearch: (search: Record<string, unknown>) =>
      defined({
        action: text(search.action),
        actor_id: text(search.actor_id),
        owner_id: text(search.owner_id),
        target_id: text(search.target_id),
        since: date(search.since),
        until: date(search.until),
      }),
    component: lazyRouteComponent(() => import('./AuditPage'), 'AuditPage'),
  }),
] as const;
