import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { draw, problem, server, someone } from '@/test/render';
import { MailStep } from './MailStep';
import { rememberStep, wizardStep } from './progress';
import { makeSample, PARTS } from './sample';
import { people, wordsOf } from './sampleData';
import { SampleStep } from './SampleStep';

beforeEach(() => {
  sessionStorage.clear();
});

/** A server that keeps what is made, as far as the sample needs it. */
function keeper() {
  const kept: Record<string, { id: string; name?: string; subject?: string; email?: string }[]> = {};
  const calls = server((method, path, body) => {
    if (method === 'PUT') return undefined;
    const items = (kept[path] ??= []);
    if (method === 'GET') return { items, next_cursor: null };
    const given = body as { email?: string };
    if (given.email !== undefined && items.some(({ email }) => email === given.email))
      return problem(409, 'client_exists');
    const made = { ...given, id: `${path}-${String(items.length)}` };
    items.push(made);
    return made;
  });
  return { kept, calls };
}

test('the sample is made once, however often', async () => {
  const { kept, calls } = keeper();
  const told: number[] = [];
  await makeSample('ru', (made) => told.push(made));
  expect(told).toEqual(Array.from({ length: PARTS }, (_, i) => i + 1));
  const sizes = () => ['/lists', '/clients', '/messages', '/mailings'].map((path) => kept[path]?.length);
  expect(sizes()).toEqual([1, people.length, 1, 1]);
  await makeSample('ru', () => undefined);
  expect(sizes()).toEqual([1, people.length, 1, 1]);
  const mailing = calls.find(({ method, path }) => method === 'POST' && path === '/mailings')?.body;
  expect(mailing).toMatchObject({ name: wordsOf('ru').mailing, draft: true, list_ids: ['/lists-0'] });
});

test('nobody of the sample can be reached', () => {
  expect(people).toHaveLength(20);
  expect(new Set(people.map(({ email }) => email)).size).toBe(20);
  for (const { email, en, ru } of people) {
    expect(email).toMatch(/^[a-z.]+@example\.(com|org)$/);
    expect([en.name, en.city, ru.name, ru.city].every(Boolean)).toBe(true);
  }
});

test('a sample that breaks off is gone on with', async () => {
  let broken = true;
  server((method, path) => {
    if (method === 'POST' && path === '/messages' && broken) return problem(503, 'unavailable');
    if (method === 'GET') return { items: [], next_cursor: null };
    return method === 'PUT' ? undefined : { id: 'x' };
  });
  let ended = false;
  await draw(<SampleStep onDone={() => (ended = true)} />, { namespaces: ['welcome'] });
  await userEvent.click(screen.getByRole('button', { name: 'Make the sample' }));
  expect(await screen.findByRole('alert')).toBeInTheDocument();
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await userEvent.click(await screen.findByRole('button', { name: 'To the overview' }));
  expect(ended).toBe(true);
});

test.each([
  ['sent', '250 2.0.0 OK', /Sent to anna@example.org/, 'Go on'],
  ['failed', 'given up after 10m0s; the last answer: connection refused', /Check the address/, 'Skip'],
] as const)(
  'a message that was %s is told with the answer',
  async (status, response, words, next) => {
    let asked = 0;
    server((method) => {
      const waiting = { id: '1', status: 'waiting', response: '', at: null };
      if (method === 'POST' || asked++ === 0) return waiting;
      return { id: '1', status, response, at: '2026-11-27T10:00:00Z' };
    });
    await draw(<MailStep onDone={() => undefined} />, { namespaces: ['welcome'], me: someone });
    await userEvent.click(screen.getByRole('button', { name: 'Send a message to myself' }));
    expect(await screen.findByText('On its way…')).toBeInTheDocument();
    expect(await screen.findByText(words, {}, { timeout: 10_000 })).toBeInTheDocument();
    expect(screen.getByText(response)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: next })).toBeEnabled();
  },
  20_000,
);

test('a limit is told', async () => {
  server(() => problem(429, 'too_many_tries'));
  await draw(<MailStep onDone={() => undefined} />, { namespaces: ['welcome'] });
  await userEvent.click(screen.getByRole('button', { name: 'Send a message to myself' }));
  await waitFor(() => {
    expect(screen.getByRole('alert')).toHaveTextContent(/Too many tries/);
  });
});

test('only a step after the first is remembered', () => {
  expect(wizardStep()).toBeUndefined();
  rememberStep('sample');
  expect(wizardStep()).toBe('sample');
  rememberStep(undefined);
  sessionStorage.setItem('vestnik-welcome', 'account');
  expect(wizardStep()).toBeUndefined();
});
