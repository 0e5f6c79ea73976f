import { describe, expect, test, vi } from 'vitest';
import { ApiError } from '@/api/problem';
import { changeOf, rowFaults, rowsOf } from './attributes';
import { gather, runBulk } from './bulk';
import type { Client } from './queries';
import { readSearch, withSearch } from './search';
import { extend, none, selectionOf, stateOf, toggle, toggleAll } from './selection';

const client = (id: string) => ({ id, email: `${id}@example.org` }) as Client;
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(client) as [Client, Client, Client, Client];
const ids = (selection: ReadonlyMap<string, unknown>) => [...selection.keys()].join('');

describe('the selection', () => {
  test('is toggled one by one and all at once, and keeps what is chosen elsewhere', () => {
    const one = toggle(toggle(none, d), a);
    expect(ids(one)).toBe('da');
    expect(ids(toggle(one, d))).toBe('a');
    expect(stateOf(one, [a, b, c])).toBe('some');
    const all = toggleAll(one, [a, b, c]);
    expect(ids(all)).toBe('dabc');
    expect(stateOf(all, [a, b, c])).toBe('all');
    expect(ids(toggleAll(all, [a, b, c]))).toBe('d');
    expect(stateOf(none, [])).toBe('none');
  });

  test('extends from the last one in either direction', () => {
    expect(ids(extend(selectionOf([c]), [a, b, c, d], 'c', 'a'))).toBe('cab');
    expect(ids(extend(selectionOf([d]), [a, b, c], 'd', 'a'))).toBe('d');
  });
});

describe('doing it to many', () => {
  const options = () => ({
    signal: new AbortController().signal,
    onProgress: () => undefined,
    wait: () => Promise.resolve(),
  });

  test('goes on past failures and names them', async () => {
    const gone = new ApiError({ status: 404, code: 'not_found' });
    const result = await runBulk(
      [1, 2, 3, 4, 5],
      (n) => (n === 2 ? Promise.reject(gone) : Promise.resolve()),
      options(),
    );
    expect(result).toEqual({ total: 5, done: 4, failures: [{ item: 2, error: gone }] });
  });

  test('never does more at once than it may', async () => {
    let [now, most] = [0, 0];
    await runBulk(
      Array.from({ length: 20 }, (_, i) => i),
      async () => {
        most = Math.max(most, ++now);
        await Promise.resolve();
        now--;
      },
      { ...options(), parallel: 3 },
    );
    expect(most).toBe(3);
  });

  test('waits as long as the server asks, and gives up in the end', async () => {
    const busy = new ApiError({ status: 429, code: 'too_many' }, 7);
    const wait = vi.fn(() => Promise.resolve());
    let tries = 0;
    const act = () => (++tries < 3 ? Promise.reject(busy) : Promise.resolve());
    expect((await runBulk(['x'], act, { ...options(), wait })).done).toBe(1);
    expect(wait.mock.calls).toEqual([[7], [7]]);
    expect((await runBulk(['x'], () => Promise.reject(busy), { ...options(), wait })).failures).toHaveLength(
      1,
    );
  });

  test('stops when asked to, after what is under way', async () => {
    const abort = new AbortController();
    const act = vi.fn(() => {
      abort.abort();
      return Promise.resolve();
    });
    const result = await runBulk([1, 2, 3], act, { ...options(), signal: abort.signal, parallel: 1 });
    expect(result.done).toBe(1);
    expect(act).toHaveBeenCalledOnce();
  });

  test('everything that matches is gathered page by page, up to a limit', async () => {
    const pages: Record<string, { items: number[]; next_cursor: string | null }> = {
      '': { items: [1, 2], next_cursor: 'x' },
      x: { items: [3, 4], next_cursor: null },
    };
    const page = (cursor: string | undefined) =>
      Promise.resolve(pages[cursor ?? ''] ?? { items: [], next_cursor: null });
    const counts: number[] = [];
    const all = (most: number) =>
      gather(page, most, new AbortController().signal, (count) => counts.push(count));
    expect(await all(10)).toEqual({ items: [1, 2, 3, 4], more: false });
    expect(counts).toEqual([2, 4]);
    expect(await all(4)).toEqual({ items: [1, 2, 3, 4], more: false });
    expect(await all(3)).toEqual({ items: [1, 2, 3], more: true });
    expect(await all(2)).toEqual({ items: [1, 2], more: true });
  });
});

describe('attributes', () => {
  test('only what differs is sent, and null for what was removed', () => {
    const stored = { city: 'Казань', code: '7', vip: '' };
    const rows = rowsOf(stored);
    expect(changeOf(stored, rows)).toEqual({});
    const edited = [
      { key: '1', name: 'city', value: 'Самара' },
      { key: '2', name: ' vip ', value: '' },
      { key: '3', name: 'new', value: '1' },
    ];
    expect(changeOf(stored, edited)).toEqual({ city: 'Самара', code: null, new: '1' });
  });

  test('faults are told where they are', () => {
    const row = (name: string, value = '') => ({ key: name, name, value });
    expect([
      ...rowFaults([row('город'), row('1st'), row('x'), row('x '), row('y', 'я'.repeat(1001)), row('')]),
    ]).toEqual([
      [1, 'badName'],
      [3, 'twice'],
      [4, 'long'],
      [5, 'badName'],
    ]);
  });
});

test('the address keeps what is chosen, and nothing else', () => {
  expect(readSearch({ q: ' anna ', list: '', view: 'x', other: 1 })).toEqual({ q: 'anna' });
  expect(readSearch({ q: 7 })).toEqual({ q: '7' }); // the router reads numbers as such
  expect(readSearch({ mail: 'off', list: 'l' })).toEqual({ mail: 'off', list: 'l' });
  expect(readSearch({ mail: 'perhaps' })).toEqual({});
  expect(withSearch({ q: 'anna', list: 'l' }, { q: null, client: 'new' })).toEqual({
    list: 'l',
    client: 'new',
  });
});
