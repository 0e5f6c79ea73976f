import { expect, test, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook, waitFor } from '@testing-library/react';
import { PAGE, useWindow } from './window';

const ROWS = 5_250;
const row = (n: number) => ({ n });

/** A list of so many rows; the cursor is the number of the next one. */
const list = () =>
  vi.fn((cursor: string | undefined) => {
    const from = Number(cursor ?? 0);
    const to = Math.min(from + PAGE, ROWS);
    return Promise.resolve({
      items: Array.from({ length: to - from }, (_, i) => row(from + i)),
      next_cursor: to < ROWS ? String(to) : null,
    });
  });

function start() {
  const load = list();
  const client = new QueryClient();
  const hook = renderHook(() => useWindow(['rows'], load), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  const rows = () => hook.result.current.data?.pages.flatMap(({ items }) => items) ?? [];
  /** What is here must be the rows from `before` on, in their order. */
  const check = () => {
    const { before } = hook.result.current;
    expect(rows().map(({ n }) => n)).toEqual(rows().map((_, i) => before + i));
  };
  return { load, hook, rows, check };
}

test('however far it is read, no more than twenty pages are kept', async () => {
  const { hook, rows, check } = start();
  await waitFor(() => {
    expect(rows()).toHaveLength(PAGE);
  });
  while (hook.result.current.hasNextPage) {
    await act(async () => {
      await hook.result.current.fetchNextPage();
    });
    expect(rows().length).toBeLessThanOrEqual(20 * PAGE);
    check();
  }
  await waitFor(() => {
    expect(rows().at(-1)).toEqual(row(ROWS - 1));
  });
  expect(hook.result.current.before + rows().length).toBe(ROWS);

  // And back, page by page.
  const { before } = hook.result.current;
  await act(async () => {
    await hook.result.current.fetchPreviousPage();
  });
  await waitFor(() => {
    expect(hook.result.current.before).toBe(before - PAGE);
  });
  expect(rows().length).toBeLessThanOrEqual(20 * PAGE);
  check();
});

test('a place that has been reached is jumped to with one call', async () => {
  const { load, hook, rows, check } = start();
  await waitFor(() => {
    expect(rows()).toHaveLength(PAGE);
  });
  for (let i = 0; i < 40; i++)
    await act(async () => {
      await hook.result.current.fetchNextPage();
    });
  await waitFor(() => {
    expect(hook.result.current.reached).toBe(41 * PAGE);
  });
  load.mockClear();
  act(() => {
    hook.result.current.jump(250);
    hook.result.current.jump(251); // the same page: it is on its way
  });
  await waitFor(() => {
    expect(hook.result.current.before).toBe(200);
  });
  expect(load).toHaveBeenCalledOnce();
  expect(rows()).toHaveLength(PAGE);
  expect(hook.result.current.reached).toBe(41 * PAGE);
  check();
  await act(async () => {
    await hook.result.current.fetchNextPage();
    await hook.result.current.fetchPreviousPage();
  });
  await waitFor(() => {
    expect(hook.result.current.before).toBe(100);
  });
  check();
});

test('of two jumps the later one counts', async () => {
  const { hook, rows, check } = start();
  await waitFor(() => {
    expect(rows()).toHaveLength(PAGE);
  });
  for (let i = 0; i < 30; i++)
    await act(async () => {
      await hook.result.current.fetchNextPage();
    });
  act(() => {
    hook.result.current.jump(0);
    hook.result.current.jump(900);
  });
  await waitFor(() => {
    expect(hook.result.current.before).toBe(900);
  });
  check();
});
