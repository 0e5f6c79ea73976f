import { useCallback, useRef } from 'react';
import {
  infiniteQueryOptions,
  useInfiniteQuery,
  useQueryClient,
  type InfiniteData,
  type QueryKey,
} from '@tanstack/react-query';

/** Rows of a page, and how many pages of a list are kept: the rest is asked for again when it is scrolled to. */
export const PAGE = 100;
const KEPT = 20;

interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
}

/** Which page, and where those that have been reached begin: a cursor only tells of the page after it. */
interface Place {
  index: number;
  cursors: (string | undefined)[];
}

type Load<Row> = (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>;

async function pageAt<Row>(load: Load<Row>, { index, cursors }: Place, signal: AbortSignal) {
  const page = await load(cursors[index], signal);
  if (page.next_cursor) cursors[index + 1] = page.next_cursor;
  else cursors.length = index + 1;
  return page;
}

/** A list of which only the pages around what is seen are kept. All pages but the last are full. */
export const windowOptions = <Row>(queryKey: QueryKey, load: Load<Row>) =>
  infiniteQueryOptions<Page<Row>, Error, InfiniteData<Page<Row>, Place>, QueryKey, Place>({
    queryKey,
    queryFn: ({ pageParam, signal }) => pageAt(load, pageParam, signal),
    initialPageParam: { index: 0, cursors: [undefined] },
    getNextPageParam: (page, _, { index, cursors }) =>
      page.next_cursor ? { index: index + 1, cursors } : undefined,
    getPreviousPageParam: (_, __, { index, cursors }) =>
      index > 0 ? { index: index - 1, cursors } : undefined,
    maxPages: KEPT,
    structuralSharing: false, // the cursors are one array for all pages, and it is long
  });

/** Such a list for a {@link DataTable}: `before` rows are not kept, `reached` are known to exist, `jump` asks for those around one. */
export function useWindow<Row>(queryKey: QueryKey, load: Load<Row>) {
  const options = windowOptions(queryKey, load);
  const query = useInfiniteQuery(options);
  const queryClient = useQueryClient();
  const place = query.data?.pageParams[0];
  const jumping = useRef<{ index: number; abort: AbortController }>(undefined);
  const key = JSON.stringify(queryKey);
  const jump = useCallback(
    (row: number) => {
      const data = queryClient.getQueryData<InfiniteData<Page<Row>, Place>>(options.queryKey);
      const cursors = data?.pageParams[0]?.cursors;
      if (!cursors) return;
      const index = Math.min(Math.floor(row / PAGE), cursors.length - 1);
      if (jumping.current?.index === index) return;
      jumping.current?.abort.abort();
      const abort = new AbortController();
      jumping.current = { index, abort };
      void (async () => {
        try {
          const page = await pageAt(load, { index, cursors }, abort.signal);
          if (abort.signal.aborted) return;
          await queryClient.cancelQueries({ queryKey: options.queryKey, exact: true });
          queryClient.setQueryData(options.queryKey, { pages: [page], pageParams: [{ index, cursors }] });
        } catch {
          // Given up for another place, or refused: the next time the table shows this place it asks again.
        } finally {
          if (jumping.current?.abort === abort) jumping.current = undefined;
        }
      })();
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key says what options and load are
    [queryClient, key],
  );
  return {
    ...query,
    before: (place?.index ?? 0) * PAGE,
    reached: ((place?.cursors.length ?? 1) - 1) * PAGE,
    jump,
  };
}
