import type { ReactNode } from 'react';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { newQueryClient } from '@/api/queryClient';
import { meQuery, type Me } from '@/api/me';
import { i18n, startI18n, type Language } from '@/i18n';

export const someone: Me = {
  id: '0199a000-0000-7000-8000-000000000001',
  email: 'anna@example.org',
  role: 'user',
  name: 'Anna',
  language: 'en',
  time_zone: 'Europe/Moscow',
  confirmed: true,
  second_factor: false,
  recovery_codes_left: 0,
  has_password: true,
  pending_email: null,
  deletion_at: null,
  scopes: ['read', 'write', 'send'],
  created_at: '2026-03-01T10:00:00Z',
};

/** Draws a part of a page for someone who is signed in; `namespaces` are the features whose strings it needs. */
export async function draw(
  part: ReactNode,
  options: { language?: Language; me?: Me; namespaces: ('account' | 'auth' | 'messages' | 'welcome')[] },
): Promise<void> {
  await startI18n(options.language ?? 'en');
  await i18n.loadNamespaces(options.namespaces);
  const client = newQueryClient();
  client.setQueryData(meQuery.queryKey, options.me ?? someone);
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>{part}</QueryClientProvider>
    </MantineProvider>,
  );
}

/** Stands in for the server: what `answer` returns, as JSON; a `Response` as it is. Returns the calls it got. */
export function server(answer: (method: string, path: string, body: unknown) => unknown) {
  const calls: { method: string; path: string; body: unknown }[] = [];
  globalThis.fetch = async (input) => {
    const request = input as Request;
    const text = await request.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    calls.push({ method: request.method, path, body });
    const result = answer(request.method, path, body);
    if (result instanceof Response) return result;
    return result === undefined ? new Response(null, { status: 204 }) : Response.json(result);
  };
  return calls;
}

export function problem(
  status: number,
  code: string,
  errors: { field: string; message: string }[] = [],
): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, errors }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
