import { ApiError } from '@/api/problem';

export interface Failure<T> {
  item: T;
  error: unknown;
}

export interface Progress<T> {
  total: number;
  done: number;
  failures: readonly Failure<T>[];
}

interface Options<T> {
  signal: AbortSignal;
  onProgress: (progress: Progress<T>) => void;
  /** How many calls go at once. */
  parallel?: number;
  /** Waits so many seconds; tests do not. */
  wait?: (seconds: number) => Promise<void>;
}

const TRIES = 5;
const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Does the same to many things, a few at a time, and goes on past those that fail. A server that asks to wait is waited for.
 * Resolves when all were tried, or after those under way once `signal` is aborted; what was not begun then is in neither count.
 */
export async function runBulk<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
  { signal, onProgress, parallel = 4, wait = sleep }: Options<T>,
): Promise<Progress<T>> {
  let next = 0;
  let progress: Progress<T> = { total: items.length, done: 0, failures: [] };
  const report = (change: Partial<Progress<T>>) => {
    progress = { ...progress, ...change };
    onProgress(progress);
  };
  const one = async (item: T) => {
    for (let tries = 1; ; tries++) {
      try {
        await act(item);
        report({ done: progress.done + 1 });
        return;
      } catch (error) {
        const again = error instanceof ApiError && (error.status === 429 || error.status === 503);
        if (!again || tries === TRIES || signal.aborted) {
          report({ failures: [...progress.failures, { item, error }] });
          return;
        }
        await wait(Math.min(error.retryAfter ?? 2 ** tries, 30));
      }
    }
  };
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const item = items[next++];
      if (item !== undefined) await one(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
  return progress;
}

/**
 * Everything that a paged list has, up to `most`; `more` says that there is more than that. Stops with what it has when
 * `signal` is aborted.
 */
export async function gather<T>(
  page: (cursor: string | undefined) => Promise<{ items: readonly T[]; next_cursor: string | null }>,
  most: number,
  signal: AbortSignal,
  onCount: (count: number) => void,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { items: found, next_cursor } = await page(cursor);
    items.push(...found);
    onCount(Math.min(items.length, most));
    if (items.length > most || (items.length === most && next_cursor))
      return { items: items.slice(0, most), more: true };
    if (!next_cursor || signal.aborted) return { items, more: false };
    cursor = next_cursor;
  }
}
