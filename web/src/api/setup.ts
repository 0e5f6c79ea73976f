import { queryOptions } from '@tanstack/react-query';
import { api, call } from './client';

/** Whether the first account is still to be made. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => call(api.GET('/setup', { signal })),
  staleTime: 10_000,
});
