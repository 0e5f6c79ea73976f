import { infiniteQueryOptions, queryOptions, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { api, call, type Schema } from '@/api/client';
import { PAGE, useWindow } from '@/api/window';

export type Client = Schema<'Client'>;
export interface Filters {
  q?: string;
  list?: string;
  /** Whether nothing is sent to them; either if absent. */
  suppressed?: boolean;
}

const cursorOf = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });
const filterOf = ({ q, list, suppressed }: Filters) => ({
  ...(q ? { q } : {}),
  ...(list ? { list_id: list } : {}),
  ...(suppressed === undefined ? {} : { suppressed }),
});

export function clientsPage(
  filters: Filters,
  limit: number,
  cursor: string | undefined,
  signal: AbortSignal,
) {
  const query = { limit, ...filterOf(filters), ...cursorOf(cursor) };
  return call(api.GET('/clients', { params: { query }, signal }));
}

export const useClients = (filters: Filters) =>
  useWindow<Client>(['clients', 'table', filters], (cursor, signal) =>
    clientsPage(filters, PAGE, cursor, signal),
  );

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

/** What a client was sent, newest first. */
export const historyQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['clients', 'history', id],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { id }, query: { limit: 20, ...cursorOf(pageParam) } };
      return call(api.GET('/clients/{id}/deliveries', { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
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
