import { queryOptions } from '@tanstack/react-query';
import { api, call } from './client';

/** The lists one can choose from: the newest 500. */
export const listsToChoose = queryOptions({
  queryKey: ['lists', 'to-choose'],
  queryFn: ({ signal }) => call(api.GET('/lists', { params: { query: { limit: 500 } }, signal })),
  staleTime: 30_000,
});
