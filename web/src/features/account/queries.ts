import { queryOptions } from '@tanstack/react-query';
import { api, call } from '@/api/client';

export const sessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: ({ signal }) => call(api.GET('/me/sessions', { signal })),
});

export const keysQuery = queryOptions({
  queryKey: ['me', 'api-keys'],
  queryFn: ({ signal }) => call(api.GET('/me/api-keys', { signal })),
});
