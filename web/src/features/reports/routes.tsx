import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import { defined } from '@/lib/defined';

const date = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;

export const reportsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/reports',
    validateSearch: (search: Record<string, unknown>) =>
      defined({
        from: date(search.from),
        to: date(search.to),
        owner: typeof search.owner === 'string' ? search.owner : undefined,
      }),
    component: lazyRouteComponent(() => import('./ReportsPage'), 'ReportsPage'),
  }),
] as const;
