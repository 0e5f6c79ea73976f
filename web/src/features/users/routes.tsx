import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '@/app/parents';
import { defined } from '@/lib/defined';
import type { Schema } from '@/api/client';

export const roles: readonly Schema<'Role'>[] = ['user', 'manager', 'admin'];
export const userStatuses: readonly Schema<'UserStatus'>[] = ['active', 'unconfirmed', 'blocked', 'deleting'];

export const usersRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/users',
    validateSearch: (search: Record<string, unknown>) =>
      defined({
        q: typeof search.q === 'string' && search.q !== '' ? search.q : undefined,
        role: roles.find((role) => role === search.role),
        status: userStatuses.find((status) => status === search.status),
      }),
    component: lazyRouteComponent(() => import('./UsersPage'), 'UsersPage'),
  }),
] as const;
