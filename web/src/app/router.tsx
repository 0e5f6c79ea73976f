import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { accountRoutes } from '@/features/account/routes';
import { attemptsRoutes } from '@/features/attempts/routes';
import { auditRoutes } from '@/features/audit/routes';
import { authRoutes } from '@/features/auth/routes';
import { clientsRoutes } from '@/features/clients/routes';
import { dashboardRoutes } from '@/features/dashboard/routes';
import { importsRoutes } from '@/features/imports/routes';
import { listsRoutes } from '@/features/lists/routes';
import { mailingsRoutes } from '@/features/mailings/routes';
import { messagesRoutes } from '@/features/messages/routes';
import { providersRoutes } from '@/features/providers/routes';
import { reportsRoutes } from '@/features/reports/routes';
import { usersRoutes } from '@/features/users/routes';
import { welcomeRoutes } from '@/features/welcome/routes';
import { PagePending } from './PagePending';
import { publicRoute, rootRoute, shellRoute } from './parents';
import { RouteError } from './RouteError';

// Each feature registers its pages in its own routes.tsx; this is the one place that knows them all.
const routeTree = rootRoute.addChildren([
  publicRoute.addChildren([...authRoutes, ...welcomeRoutes]),
  shellRoute.addChildren([
    ...dashboardRoutes,
    ...mailingsRoutes,
    ...messagesRoutes,
    ...clientsRoutes,
    ...listsRoutes,
    ...importsRoutes,
    ...reportsRoutes,
    ...attemptsRoutes,
    ...usersRoutes,
    ...providersRoutes,
    ...auditRoutes,
    ...accountRoutes,
  ]),
]);

export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0, // TanStack Query decides what is fresh
    defaultErrorComponent: RouteError,
    defaultPendingComponent: PagePending,
    defaultPendingMs: 300,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
