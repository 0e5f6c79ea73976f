import { queryOptions } from '@tanstack/react-query';
import { api, call, type Schema } from './client';

/** Whose a mailing is comes with later versions of the server. */
export type Mailing = Schema<'Mailing'> & { owner_id?: string; owner_email?: string };
export type Attempt = Schema<'Attempt'>;
export type Progress = Schema<'Progress'>;

/** What is asked again while somebody looks at it, in milliseconds; never more often. */
export const REFRESH = 10_000;

export const mailingQuery = (id: string) =>
  queryOptions({
    queryKey: ['mailings', id],
    queryFn: async ({ signal }): Promise<Mailing> =>
      call(api.GET('/mailings/{id}', { params: { path: { id } }, signal })),
  });

/** The newest attempts of a mailing, as far as one looks for the one that runs. */
export const attemptsQuery = (mailing: string, limit = 20) =>
  queryOptions({
    queryKey: ['mailings', mailing, 'attempts', limit],
    queryFn: ({ signal }) =>
      call(
        api.GET('/mailings/{id}/attempts', { params: { path: { id: mailing }, query: { limit } }, signal }),
      ),
  });

export const attemptQuery = (id: string) =>
  queryOptions({
    queryKey: ['attempts', id],
    queryFn: ({ signal }) => call(api.GET('/attempts/{id}', { params: { path: { id } }, signal })),
  });

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => call(api.GET('/providers', { signal })),
});

/** Those one can choose from: the newest 500. */
export const mailingsToChoose = (owner?: string) =>
  queryOptions({
    queryKey: ['mailings', 'to-choose', owner ?? ''],
    queryFn: ({ signal }) =>
      call(api.GET('/mailings', { params: { query: { limit: 500, ...(owner ? { owner } : {}) } }, signal })),
    staleTime: 30_000,
  });

/** Users to filter by, for managers. */
export const usersToChoose = queryOptions({
  queryKey: ['users', 'to-choose'],
  queryFn: ({ signal }) => call(api.GET('/users', { params: { query: { limit: 500 } }, signal })),
  staleTime: 60_000,
});

/** The attempt of these that moves: the one that runs, or else the newest that has begun. */
export function currentOf(attempts: readonly Attempt[]): Attempt | undefined {
  return (
    attempts.find(({ status }) => status === 'running') ??
    attempts.find(({ started_at }) => started_at !== null)
  );
}
