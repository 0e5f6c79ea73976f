import { queryOptions } from '@tanstack/react-query';
import { api, call } from './client';

/** How one can sign in here. */
export const methodsQuery = queryOptions({
  queryKey: ['auth', 'methods'],
  queryFn: ({ signal }) => call(api.GET('/auth/methods', { signal })),
  staleTime: Infinity,
});
