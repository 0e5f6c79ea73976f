import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, call, type Schema } from '@/api/client';
import type { Draft } from './useDraft';

export type Message = Schema<'Message'>;
export type Summary = Schema<'MessageSummary'>;

export const messagesQuery = infiniteQueryOptions({
  queryKey: ['messages', 'table'],
  queryFn: ({ pageParam, signal }) => {
    const query = { limit: 100, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
    return call(api.GET('/messages', { params: { query }, signal }));
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: ['messages', 'one', id],
    queryFn: ({ signal }) => call(api.GET('/messages/{id}', { params: { path: { id } }, signal })),
  });

/** A message as a client would get it, of a made-up one without `client`; with `draft`, what is written in place of what is stored. */
export const previewQuery = (message: Message | undefined, client: string | undefined, draft?: Draft) =>
  queryOptions({
    queryKey: ['messages', 'preview', message?.id, message?.revision, client, draft],
    queryFn: ({ signal }) =>
      call(
        api.POST('/messages/{id}/preview', {
          params: { path: { id: message?.id ?? '' } },
          body: {
            ...(client ? { client_id: client } : {}),
            // Without a subject there is no message; somebody who begins to write one sees the rest.
            ...(draft ? { ...draft, subject: draft.subject.trim() === '' ? '…' : draft.subject } : {}),
          },
          signal,
        }),
      ),
    staleTime: 60_000,
    ...(draft ? { gcTime: 10_000 } : {}),
  });

/** Names of attributes that clients have: those of the newest hundred, which is enough to choose from. */
export const attributeNames = queryOptions({
  queryKey: ['clients', 'attribute-names'],
  queryFn: async ({ signal }) => {
    const { items } = await call(api.GET('/clients', { params: { query: { limit: 100 } }, signal }));
    return [...new Set(items.flatMap(({ attributes }) => Object.keys(attributes)))].sort((a, b) =>
      a.localeCompare(b),
    );
  },
  staleTime: 300_000,
});
