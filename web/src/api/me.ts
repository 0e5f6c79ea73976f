import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, call, type Schema } from './client';

export type Me = Schema<'Me'>;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call(api.GET('/me', { signal })),
  staleTime: 60_000,
});

/** Who is signed in; only under the shell, which lets nobody else in. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}
