import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import type { Schema } from '@/api/client';
import { defined } from '@/lib/defined';

export const outcomeNames: readonly Schema<'Outcome'>[] = [
  'sent',
  'deferred',
  'failed',
  'unknown',
  'skipped',
  'expired',
];

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

const logRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/attempts',
  validateSearch: (search: Record<string, unknown>) =>
    defined({ mailing: text(search.mailing), owner: text(search.owner) }),
  component: lazyRouteComponent(() => import('./AttemptsPage'), 'AttemptsPage'),
});

const attemptRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/attempts/$attemptId',
  validateSearch: (search: Record<string, unknown>) =>
    defined({
      outcome: outcomeNames.find((outcome) => outcome === search.outcome),
      client: text(search.client),
    }),
  component: lazyRouteComponent(() => import('./AttemptPage'), 'AttemptPage'),
});

export const attemptsRoutes = [logRoute, attemptRoute] as const;
