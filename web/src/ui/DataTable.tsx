import { useEffect, useRef, type ReactNode } from 'react';
import { Box, Skeleton, Text, VisuallyHidden } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
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

/** What is needed of useInfiniteQuery: give it the query itself. */
export interface Pages<Row> {
  data: { pages: readonly { items: readonly Row[] }[] } | undefined;
  error: unknown;
  isPending: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface Props<Row> {
  /** What the table lists, for those who do not see it. */
  label: string;
  query: Pages<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Shown in place of the table when there is nothing: an {@link EmptyState}. */
  empty: ReactNode;
  /** Height of the scrolling part. */
  height?: string;
  compact?: boolean;
}

/**
 * A table that stays fast with a million rows: only what is seen is in the page, and the next page of the cursor is
 * fetched before its end is reached.
 */
export function DataTable<Row>(props: Props<Row>) {
  const { label, query, columns, rowKey, empty, height = 'min(70dvh, 720px)', compact = false } = props;
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const rowHeight = compact ? 32 : 40;
  // eslint-disable-next-line react-hooks/incompatible-library -- its functions are not handed on
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = query;
  useEffect(() => {
    if (last >= rows.length - 20 && hasNextPage && !isFetchingNextPage && !error) fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage, error]);

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
  const cell = (c: Column<Row>) => ({
    'data-wide': c.wide,
    'data-end': c.align === 'end' || undefined,
    className: classes.cell,
  });
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
        <div role="table" aria-label={label} aria-rowcount={hasNextPage ? -1 : rows.length + 1}>
          <div role="rowgroup" className={classes.head}>
            <div role="row" className={classes.row} aria-rowindex={1} style={{ height: rowHeight }}>
              {columns.map((c) => (
                <div key={c.key} role="columnheader" {...cell(c)}>
                  {c.title}
                </div>
              ))}
            </div>
          </div>
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, start }) => {
              const row = rows[index];
              return (
                row !== undefined && (
                  <div
                    key={rowKey(row)}
                    role="row"
                    aria-rowindex={index + 2}
                    className={classes.row}
                    style={{
                      position: 'absolute',
                      inset: '0 0 auto',
                      height: rowHeight,
                      transform: `translateY(${String(start)}px)`,
                    }}
                  >
                    {columns.map((c) => (
                      <div key={c.key} role="cell" {...cell(c)}>
                        {c.cell(row)}
                      </div>
                    ))}
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
      <Text size="xs" c="dimmed" mt={6} role="status" mih={18}>
        {isFetchingNextPage && t('table.loading')}
      </Text>
      {error !== null && <ErrorState error={error} onRetry={() => fetchNextPage()} />}
    </>
  );
}
