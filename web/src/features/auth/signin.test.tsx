import {
  RouterProvider,
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
} from '@tanstack/react-router';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw, server, someone } from '@/test/render';
import { SignInPage } from './SignInPage';

const root = createRootRoute();
const publicPages = createRoute({ getParentRoute: () => root, id: 'public' });
const signIn = createRoute({ getParentRoute: () => publicPages, path: '/sign-in', component: SignInPage });
const mailings = createRoute({ getParentRoute: () => root, path: '/mailings', component: () => 'Inside' });
const routeTree = root.addChildren([publicPages.addChildren([signIn]), mailings]);

async function open(address: string, language: 'en' | 'ru' = 'en') {
  const history = createMemoryHistory({ initialEntries: [address] });
  const router = createRouter({ routeTree, history }) as unknown as Parameters<
    typeof RouterProvider
  >[0]['router'];
  await draw(<RouterProvider router={router} />, { namespaces: ['auth'], language });
  return history;
}

const methods = { password: true, registration: true, mailbox: false, oidc: null };

test('who comes back from the identity provider goes on with the second step', async () => {
  const calls = server((_method, path) =>
    path === '/auth/methods' ? methods : { me: someone, challenge: null },
  );
  location.hash = '#challenge=the-challenge&return_to=%2Fmailings';
  const history = await open('/sign-in');
  await userEvent.type(await screen.findByLabelText('Code'), '123456');
  expect(location.hash).toBe('');
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }));
  await waitFor(() => {
    expect(history.location.pathname).toBe('/mailings');
  });
  expect(calls.at(-1)).toEqual({
    method: 'POST',
    path: '/auth/login/second-factor',
    body: { challenge: 'the-challenge', code: '123456' },
  });
});

test.each([
  ['oidc_state', 'en', /begun in another browser/],
  ['oidc_unavailable', 'ru', /недоступна/],
  ['user_blocked', 'ru', /заблокирована/],
  ['too_many_tries', 'en', /Wait ten minutes/],
  ['toString', 'en', /did not work/],
] as const)('%s is said in %s', async (code, language, words) => {
  server(() => methods);
  await open(`/sign-in?error=${code}`, language);
  expect(await screen.findByText(words)).toBeInTheDocument();
});
