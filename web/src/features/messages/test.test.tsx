import { useState } from 'react';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw, problem, server, someone } from '@/test/render';
import { Faults } from './Faults';
import type { Message } from './queries';
import { SendTest } from './SendTest';
import type { Draft } from './useDraft';
import { usePreview } from './usePreview';

const message: Message = {
  id: '0199a000-0000-7000-8000-00000000000a',
  owner_id: someone.id,
  owner_email: someone.email,
  subject: 'Stored',
  html: '<p>Stored</p>',
  text: '',
  revision: 1,
  created_at: '2026-11-26T10:00:00Z',
  updated_at: '2026-11-26T10:00:00Z',
};
const client = {
  id: '0199a000-0000-7000-8000-00000000000b',
  owner_id: someone.id,
  owner_email: someone.email,
  email: 'boris@example.org',
  full_name: 'Boris',
  comment: '',
  attributes: {},
  revision: 1,
  created_at: '2026-11-26T10:00:00Z',
  updated_at: '2026-11-26T10:00:00Z',
} as unknown as Parameters<typeof SendTest>[0]['client'];
const draft: Draft = { subject: 'Written', html: '<p>Written</p>', text: '' };

const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/test');

test('a test says what is in the editor, with the data that the preview shows', async () => {
  let asked = 0;
  const calls = server((method, path) => {
    const waiting = { id: 't', status: 'waiting', response: '', at: null };
    if (isPost(method, path)) return waiting;
    if (path === '/clients') return { items: [client], next_cursor: null };
    return asked++ === 0 ? waiting : { id: 't', status: 'sent', response: '250 OK', at: message.created_at };
  });
  await draw(<SendTest message={message} draft={draft} client={client} />, { namespaces: ['messages'] });
  await userEvent.click(screen.getByRole('button', { name: 'Send a test' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Send a test to myself' }));
  expect(await screen.findByText('On its way…')).toBeInTheDocument();
  expect(await screen.findByText(/Sent to anna@example.org/, {}, { timeout: 10_000 })).toBeInTheDocument();
  expect(screen.getByText('250 OK')).toBeInTheDocument();
  expect(calls.filter(({ method, path }) => isPost(method, path))).toEqual([
    { method: 'POST', path: `/messages/${message.id}/test`, body: { ...draft, client_id: client?.id } },
  ]);
}, 20_000);

test('a test that is refused says why', async () => {
  server((method, path) => {
    if (isPost(method, path))
      return { id: 't', status: 'failed', response: '550 5.7.1 policy', at: message.created_at };
    return path === '/clients'
      ? { items: [], next_cursor: null }
      : { id: 't', status: 'failed', response: '550 5.7.1 policy', at: message.created_at };
  });
  await draw(<SendTest message={message} draft={draft} client={null} />, { namespaces: ['messages'] });
  await userEvent.click(screen.getByRole('button', { name: 'Send a test' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Send a test to myself' }));
  expect(await screen.findByText('Not sent.')).toBeInTheDocument();
  expect(screen.getByText('550 5.7.1 policy')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Send it again' })).toBeEnabled();
});

function Writing() {
  const [subject, setSubject] = useState(message.subject);
  const written = { ...message, subject };
  const { shown, faults } = usePreview(written, message, subject !== message.subject, null);
  return (
    <>
      <input
        aria-label="Subject"
        value={subject}
        onChange={(event) => {
          setSubject(event.currentTarget.value);
        }}
      />
      <output>{shown?.subject}</output>
      <Faults faults={faults} onLine={() => undefined} />
    </>
  );
}

test('the preview is of what is written, and the last answer wins', async () => {
  const answers = new Map<string, (answer: unknown) => void>();
  const calls = server((_method, _path, body) => {
    const { subject = 'Stored' } = body as { subject?: string };
    if (subject.includes('{{'))
      return problem(422, 'validation_failed', [{ field: 'subject', message: 'line 1: {{ is not closed' }]);
    return { subject: `«${subject}»`, html: '', text: '' };
  });
  const answer = globalThis.fetch;
  // Of the first text the answer comes last.
  globalThis.fetch = async (input, init) => {
    const body = await (input as Request).clone().text();
    const result = await answer(input, init);
    if (body.includes('"First"')) await new Promise((resolve) => answers.set('First', resolve));
    return result;
  };
  await draw(<Writing />, { namespaces: ['messages'] });
  const output = screen.getByRole('status');
  await waitFor(() => {
    expect(output).toHaveTextContent('«Stored»');
  });
  const input = screen.getByLabelText('Subject');
  // Letter by letter, faster than any machine could pause in between.
  const type = (from: string, to: string) => {
    for (let end = from.length + 1; end <= to.length; end++)
      fireEvent.change(input, { target: { value: to.slice(0, end) } });
  };
  type('', 'First');
  await waitFor(
    () => {
      expect(answers.has('First')).toBe(true);
    },
    { timeout: 5000 },
  );
  type('First', 'First and second');
  await waitFor(
    () => {
      expect(output).toHaveTextContent('«First and second»');
    },
    { timeout: 5000 },
  );
  answers.get('First')?.(undefined);
  type('First and second', 'First and second{{');
  expect(await screen.findByRole('alert', {}, { timeout: 5000 })).toHaveTextContent(
    'Line 1: {{ is not closed',
  );
  expect(output).toHaveTextContent('«First and second»');
  expect(calls.length).toBeLessThan(6); // not one for each of 18 letters
  fireEvent.change(input, { target: { value: '' } });
  await waitFor(
    () => {
      expect(screen.queryByRole('alert')).not.toBeInTheDocument();
      expect(output).toBeEmptyDOMElement();
    },
    { timeout: 5000 },
  );
}, 30_000);
