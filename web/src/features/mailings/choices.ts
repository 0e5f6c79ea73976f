import { queryOptions } from '@tanstack/react-query';
import { api, call } from '@/api/client';

/** What a mailing can be made of: the newest 500 of each. */
export const listChoices = queryOptions({
  queryKey: ['lists', 'to-choose'],
  queryFn: ({ signal }) => call(api.GET('/lists', { params: { query: { limit: 500 } }, signal })),
  staleTime: 30_000,
});

export const messageChoices = queryOptions({
  queryKey: ['messages', 'to-choose'],
  queryFn: ({ signal }) => call(api.GET('/messages', { params: { query: { limit: 500 } }, signal })),
  staleTime: 30_000,
});

export const clientChoices = (q: string) =>
  queryOptions({
    queryKey: ['clients', 'to-choose', q],
    queryFn: ({ signal }) =>
      call(api.GET('/clients', { params: { query: { limit: 20, ...(q ? { q } : {}) } }, signal })),
    staleTime: 30_000,
  });
