import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { meQuery } from '@/api/me';
import { ApiError } from '@/api/problem';
import { setupQuery } from '@/api/setup';
import { setLanguage } from '@/i18n';
import { NotFound } from './NotFound';

/** The routes that features hang theirs on: {@link shellRoute} for those who are signed in, {@link publicRoute} for all. */
export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  notFoundComponent: NotFound,
});

export const publicRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'public',
  component: lazyRouteComponent(() => import('./PublicFrame'), 'PublicFrame'),
});

/** Whether nobody has an account; where that cannot be told, people sign in. */
const isNew = (queryClient: QueryClient) =>
  queryClient.fetchQuery(setupQuery).then(
    ({ needed }) => needed,
    () => false,
  );

export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  async beforeLoad({ context, location }) {
    try {
      const me = await context.queryClient.ensureQueryData(meQuery);
      await setLanguage(me.language);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        if (await isNew(context.queryClient)) throw redirect({ to: '/welcome' });
        throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { return_to: location.href } });
      }
      throw error;
    }
  },
  component: lazyRouteComponent(() => import('./Shell'), 'Shell'),
});
