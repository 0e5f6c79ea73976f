import { infiniteQueryOptions, queryOptions, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { api, call, type Schema } from '@/api/client';

export type Client = Schema<'Client'>;
export interface Filters {
  q?: string;
  list?: string;
}

const PAGE = 100;
const cursorOf = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });
const filterOf = ({ q, list }: Filters) => ({ ...(q ? { q } : {}), ...(list ? { list_id: list } : {}) });

export function clientsPage(
  filters: Filters,
  limit: number,
  cursor: string | undefined,
  signal: AbortSignal,
) {
  const query = { limit, ...filterOf(filters), ...cursorOf(cursor) };
  return call(api.GET('/clients', { params: { query }, signal }));
}

export const clientsQuery = (filters: Filters) =>
  infiniteQueryOptions({
    queryKey: ['clients', 'table', filters],
    queryFn: ({ pageParam, signal }) => clientsPage(filters, PAGE, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const suppressedQuery = (q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['clients', 'suppressed', q ?? ''],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(q ? { q } : {}), ...cursorOf(pageParam) };
      return call(api.GET('/suppressions', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const clientQuery = (id: string) =>
  queryOptions({
    queryKey: ['clients', 'one', id],
    queryFn: ({ signal }) => call(api.GET('/clients/{id}', { params: { path: { id } }, signal })),
  });

/** Keeps what is shown true after a change. A table of many pages is not asked for again as a whole where that can be helped. */
export function useClientsCache() {
  const queryClient = useQueryClient();
  return {
    /** One client is now like this. */
    replace(client: Client) {
      queryClient.setQueryData(clientQuery(client.id).queryKey, client);
      queryClient.setQueriesData<InfiniteData<Schema<'ClientPage'>, string | undefined>>(
        { queryKey: ['clients', 'table'] },
        (old) =>
          old && {
            ...old,
            pages: old.pages.map((page) =>
              page.items.some(({ id }) => id === client.id)
                ? { ...page, items: page.items.map((item) => (item.id === client.id ? client : item)) }
                : page,
            ),
          },
      );
    },
    /** There are other clients, or other lists of them: tables begin anew. */
    async reset() {
      await Promise.all([
        queryClient.resetQueries({ queryKey: ['clients'] }),
        queryClient.invalidateQueries({ queryKey: ['lists'] }),
      ]);
    },
  };
}
