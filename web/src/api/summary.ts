import { queryOptions } from '@tanstack/react-query';
import { api, call } from './client';

export interface Period {
  /** RFC 3339; without both it is the last 30 days, today among them. */
  from?: string | undefined;
  to?: string | undefined;
  owner?: string | undefined;
  zone: string;
}

/** All mailings over a period, with days counted in that zone. */
export const summaryQuery = ({ from, to, owner, zone }: Period) =>
  queryOptions({
    queryKey: ['summary', from ?? '', to ?? '', owner ?? '', zone],
    queryFn: ({ signal }) =>
      call(
        api.GET('/reports/summary', {
          params: {
            query: {
              time_zone: zone,
              ...(from ? { from } : {}),
              ...(to ? { to } : {}),
              ...(owner ? { owner } : {}),
            },
          },
          signal,
        }),
      ),
  });
