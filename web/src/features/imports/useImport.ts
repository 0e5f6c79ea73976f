import { infiniteQueryOptions, useQuery } from '@tanstack/react-query';
import { api, call, type Schema } from '@/api/client';
import { ApiError } from '@/api/problem';
import { useStream } from '@/api/useStream';
import { useUpload } from './upload';

export type Import = Schema<'Import'>;

const get = (id: string, signal: AbortSignal) =>
  call(api.GET('/imports/{id}', { params: { path: { id } }, signal }));

export const importsQuery = infiniteQueryOptions({
  queryKey: ['imports', 'all'],
  queryFn: ({ pageParam, signal }) =>
    call(
      api.GET('/imports', {
        params: { query: { limit: 20, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchOnMount: 'always',
});

/** What the stream of an import tells, if it goes on as far as `first` says. */
export function useFollowed(id: string, first: Import | undefined): Import | undefined {
  const running = first?.status === 'running';
  return useStream<Import>(running ? `/api/v1/imports/${id}/progress` : null, async (signal) => {
    const now = await get(id, signal);
    return { value: now, done: now.status !== 'running' };
  }).value;
}

/** An import as it goes on. Until the server knows of it, which takes a moment after the upload has begun, it is undefined. */
export function useImport(id: string) {
  const upload = useUpload(id);
  const expected = upload?.state === 'sending' || upload?.state === 'sent';
  const first = useQuery({
    queryKey: ['imports', id],
    queryFn: ({ signal }) => get(id, signal),
    enabled: upload?.state !== 'refused' || upload.error?.status === 0,
    retry: (_, error) => expected && error instanceof ApiError && error.status === 404,
    retryDelay: 700,
    staleTime: Infinity,
  });
  const value = useFollowed(id, first.data);
  return { value: value ?? first.data, upload, error: first.error, refetch: first.refetch };
}
