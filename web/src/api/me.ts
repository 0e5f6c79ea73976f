import { useEffect } from 'react';
import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api, call, type Schema } from './client';
import { follow } from './stream';

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

/**
 * Keeps what is known of who is signed in up to date while a page is looked at. When the session ends elsewhere, because
 * the account was blocked say, the stream breaks off, asking is refused, and the page ends as {@link onSignedOut} says.
 */
export function useSession(): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      follow<Me>({
        url: '/api/v1/me/watch',
        poll: async (signal) => ({ value: await call(api.GET('/me', { signal })), done: false }),
        onValue: (me) => {
          queryClient.setQueryData(meQuery.queryKey, me);
        },
        onState: () => undefined, // the indicator tells of what is on the page
      }),
    [queryClient],
  );
}
