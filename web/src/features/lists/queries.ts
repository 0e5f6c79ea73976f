import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, call, type Schema } from '@/api/client';

export type List = Schema<'List'>;
export type Client = Schema<'Client'>;

const cursorOf = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });

export const listsQuery = infiniteQueryOptions({
  queryKey: ['lists', 'table'],
  queryFn: ({ pageParam, signal }) =>
    call(api.GET('/lists', { params: { query: { limit: 100, ...cursorOf(pageParam) } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const listQuery = (id: string) =>
  queryOptions({
    queryKey: ['lists', 'one', id],
    queryFn: ({ signal }) => call(api.GET('/lists/{id}', { params: { path: { id } }, signal })),
  });

// Under `clients`, so that what changes clients refreshes it.
export const membersQuery = (list: string, q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['clients', 'members', list, q ?? ''],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 100, list_id: list, ...(q ? { q } : {}), ...cursorOf(pageParam) };
      return call(api.GET('/clients', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
