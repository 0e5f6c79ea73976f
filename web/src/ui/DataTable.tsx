import { memo, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { Box, Skeleton, Text, VisuallyHidden } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from './ErrorState';
import classes from './DataTable.module.css';

export interface Column<Row> {
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** As in CSS grids; `minmax(0, 1fr)` if absent. */
  width?: string;
  align?: 'start' | 'end';
  /** Left out on screens narrower than `sm` (768 px). */
  wide?: boolean;
}

/** What is needed of useInfiniteQuery, or of useWindow: give it the query itself. */
export interface Pages<Row> {
  data: { pages: readonly { items: readonly Row[] }[] } | undefined;
  error: unknown;
  isPending: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  hasPreviousPage: boolean;
  isFetchingPreviousPage: boolean;
  fetchPreviousPage: () => unknown;
  refetch: () => unknown;
  before?: number;
  reached?: number;
  jump?: (row: number) => void;
}

interface Props<Row> {
  /** What the table lists, for those who do not see it. */
  label: string;
  query: Pages<Row>;
  /** Keep them the same between renders where there may be many rows: those that stay are not drawn again then. */
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Shown in place of the table when there is nothing: an {@link EmptyState}. */
  empty: ReactNode;
  /** Height of the scrolling part. */
  height?: string;
  compact?: boolean;
}

/** Browsers draw nothing beyond 17 to 33 million pixels. */
const MOST_PIXELS = 12_000_000;

/**
 * A table that stays fast with a million rows: only what is seen is in the page, the next page of the cursor is fetched
 * before its end is reached, and with useWindow no more than the pages around are kept.
 */
export function DataTable<Row>(props: Props<Row>) {
  const { label, query, columns, rowKey, empty, height = 'min(70dvh, 720px)', compact = false } = props;
  const { t } = useTranslation();
  const { number } = useFormat();
  const scroller = useRef<HTMLDivElement>(null);
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const rowHeight = compact ? 32 : 40;
  const most = MOST_PIXELS / rowHeight;
  const { before = 0, reached = 0, hasNextPage, error } = query;
  const end = before + rows.length;
  const count = Math.min(hasNextPage ? Math.max(end, reached) : end, most);
  // eslint-disable-next-line react-hooks/incompatible-library -- its functions are not handed on
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  useReading(query, { first: items[0]?.index ?? 0, last: items.at(-1)?.index ?? -1, before, end, most });

  if (query.isPending) {
    return (
      <Box aria-busy="true">
        <VisuallyHidden>{t('loading')}</VisuallyHidden>
        {Array.from({ length: 8 }, (_, i) => (
          <Skeleton key={i} h={rowHeight - 12} my={6} />
        ))}
      </Box>
    );
  }
  if (rows.length === 0) return error ? <ErrorState error={error} onRetry={() => query.refetch()} /> : empty;

  const grid = (all: readonly Column<Row>[]) => all.map((c) => c.width ?? 'minmax(0, 1fr)').join(' ');
  const style = { '--columns': grid(columns), '--columns-narrow': grid(columns.filter((c) => !c.wide)) };
  return (
    <>
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ ...style, maxHeight: height } as never}
        tabIndex={0}
        role="group"
        aria-label={label}
      >
        <div role="table" aria-label={label} aria-rowcount={hasNextPage ? -1 : count + 1}>
          <div role="rowgroup" className={classes.head}>
            <div role="row" className={classes.row} aria-rowindex={1} style={{ height: rowHeight }}>
              {columns.map((c) => (
                <div key={c.key} role="columnheader" {...cellProps(c)}>
                  {c.title}
                </div>
              ))}
            </div>
          </div>
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, start }) => {
              const row = rows[index - before];
              return (
                <TableRow
                  key={row === undefined ? `at ${String(index)}` : rowKey(row)}
                  row={row}
                  columns={columns as readonly Column<unknown>[]}
                  index={index}
                  top={start}
                  height={rowHeight}
                />
              );
            })}
          </div>
        </div>
      </div>
      <Text size="xs" c="dimmed" mt={6} role="status" mih={18}>
        {query.isFetchingNextPage && t('table.loading')}
        {count >= most && t('table.most', { most: number(most) })}
      </Text>
      {error !== null && <ErrorState error={error} onRetry={() => query.fetchNextPage()} />}
    </>
  );
}

interface Seen {
  first: number;
  last: number;
  /** The rows that are here: from `before` up to `end`. */
  before: number;
  end: number;
  most: number;
}

/** Asks for the rows that are about to be seen. */
function useReading<Row>(query: Pages<Row>, { first, last, before, end, most }: Seen) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error, jump } = query;
  const { hasPreviousPage, isFetchingPreviousPage, fetchPreviousPage } = query;
  useEffect(() => {
    if (error || last < 0) return;
    const busy = isFetchingNextPage || isFetchingPreviousPage;
    if (jump && (first >= end || last < before)) jump(Math.floor((first + last) / 2));
    else if (last >= end - 20 && hasNextPage && !busy && end < most) fetchNextPage();
    else if (first < before + 20 && hasPreviousPage && !busy) fetchPreviousPage();
  }, [
    first,
    last,
    before,
    end,
    most,
    hasNextPage,
    isFetchingNextPage,
    fetchNextPage,
    hasPreviousPage,
    isFetchingPreviousPage,
    fetchPreviousPage,
    jump,
    error,
  ]);
}

const cellProps = (c: Pick<Column<never>, 'wide' | 'align'>) => ({
  'data-wide': c.wide,
  'data-end': c.align === 'end' || undefined,
  className: classes.cell,
});

interface RowProps {
  /** Undefined while it is not here. */
  row: unknown;
  columns: readonly Column<unknown>[];
  index: number;
  top: number;
  height: number;
}

const TableRow = memo(function TableRow({ row, columns, index, top, height }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-busy={row === undefined || undefined}
      className={classes.row}
      style={{ position: 'absolute', inset: '0 0 auto', height, transform: `translateY(${String(top)}px)` }}
    >
      {columns.map((c) => (
        <div key={c.key} role="cell" {...cellProps(c)}>
          {row === undefined ? <span className={classes.absent} /> : c.cell(row)}
        </div>
      ))}
    </div>
  );
});
