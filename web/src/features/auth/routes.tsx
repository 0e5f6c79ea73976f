import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { publicRoute } from '@/app/parents';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const optional = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, string>>;

const signInRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>) => ({
    ...optional('return_to', text(search.return_to)),
    ...optional('error', text(search.error)),
  }),
  component: lazyRouteComponent(() => import('./SignInPage'), 'SignInPage'),
});

const registerRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/register',
  component: lazyRouteComponent(() => import('./RegisterPage'), 'RegisterPage'),
});

const checkMailRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/check-mail',
  validateSearch: (search: Record<string, unknown>) => optional('email', text(search.email)),
  component: lazyRouteComponent(() => import('./CheckMailPage'), 'CheckMailPage'),
});

const verifyRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/verify',
  component: lazyRouteComponent(() => import('./VerifyPage'), 'VerifyPage'),
});

const forgotRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/forgot',
  component: lazyRouteComponent(() => import('./ForgotPage'), 'ForgotPage'),
});

const resetRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: '/reset',
  component: lazyRouteComponent(() => import('./ResetPage'), 'ResetPage'),
});

export const authRoutes = [
  signInRoute,
  registerRoute,
  checkMailRoute,
  verifyRoute,
  forgotRoute,
  resetRoute,
] as const;
