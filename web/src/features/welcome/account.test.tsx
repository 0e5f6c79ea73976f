import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { draw, problem, server, someone } from '@/test/render';
import { AccountStep } from './AccountStep';

vi.mock('@/ui/links', () => ({ AnchorLink: () => null })); // it needs the router

/** A server whose first account takes the token `right`. */
function unused() {
  return server((method, path, body) => {
    if (method === 'GET' && path === '/setup') return { needed: true, token_needed: true };
    if ((body as { token?: string }).token !== 'right') return problem(403, 'setup_token_wrong');
    return { me: someone, challenge: null };
  });
}

async function makeAccount() {
  let made = false;
  await draw(<AccountStep onDone={() => (made = true)} />, { namespaces: ['welcome'] });
  await userEvent.type(screen.getByLabelText(/^E-mail/), 'anna@example.org');
  await userEvent.type(screen.getByLabelText(/^Password/), 'a-fresh-Zq7-secret');
  return {
    made: () => made,
    go: () => userEvent.click(screen.getByRole('button', { name: 'Make the administrator' })),
  };
}

test('the token of the link is taken and leaves the address', async () => {
  unused();
  history.replaceState(null, '', '/welcome#token=right');
  const { made, go } = await makeAccount();
  expect(location.hash).toBe('');
  expect(screen.queryByLabelText('Token')).not.toBeInTheDocument();
  await go();
  await waitFor(() => {
    expect(made()).toBe(true);
  });
});

test('without the link the page says where it is, and takes the token or the link', async () => {
  const calls = unused();
  history.replaceState(null, '', '/welcome');
  const { made, go } = await makeAccount();
  expect(await screen.findByText(/“vestnik up” prints the link/)).toBeInTheDocument();
  await go();
  expect(calls.filter(({ method }) => method === 'POST')).toEqual([]);
  await userEvent.type(screen.getByLabelText('Token'), 'old');
  await go();
  expect(await screen.findByText(/This token does not work/)).toBeInTheDocument();
  location.hash = '#token=right';
  await waitFor(() => {
    expect(location.hash).toBe('');
  });
  await go();
  await waitFor(() => {
    expect(made()).toBe(true);
  });
});

test('the token of an old link can be mended', async () => {
  unused();
  history.replaceState(null, '', '/welcome#token=old');
  const { made, go } = await makeAccount();
  await go();
  const token = await screen.findByLabelText('Token');
  await userEvent.clear(token);
  await userEvent.type(token, 'right');
  await go();
  await waitFor(() => {
    expect(made()).toBe(true);
  });
});
