import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { setupQuery } from '@/api/setup';
import { publicRoute } from '@/app/parents';
import { wizardStep } from './progress';

const welcomeRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/welcome',
  async beforeLoad({ context }) {
    // Whoever made the administrator just now goes on, also after a reload.
    if (wizardStep() !== undefined) return;
    const { needed } = await context.queryClient.fetchQuery({ ...setupQuery, staleTime: 0 });
    if (!needed) throw redirect({ to: '/' });
  },
  component: lazyRouteComponent(() => import('./WelcomePage'), 'WelcomePage'),
});

export const welcomeRoutes = [welcomeRoute] as const;
