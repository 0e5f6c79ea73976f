import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { follow, POLL_EVERY, type StreamState } from './stream';

class FakeSource extends EventTarget {
  static all: FakeSource[] = [];
  closed = false;
  constructor(readonly url: string) {
    super();
    FakeSource.all.push(this);
  }
  close() {
    this.closed = true;
  }
  say(name: 'progress' | 'done', data: string) {
    this.dispatchEvent(new MessageEvent(name, { data }));
  }
  fail() {
    this.dispatchEvent(new Event('error'));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
});
const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
  vi.useRealTimers();
});

function start(poll = vi.fn(() => Promise.resolve({ value: 'polled', done: false }))) {
  const values: unknown[] = [];
  const states: StreamState[] = [];
  const stop = follow<unknown>({
    url: '/events',
    poll,
    onValue: (value) => values.push(value),
    onState: (state) => {
      if (states.at(-1) !== state) states.push(state);
    },
    open: (url) => new FakeSource(url) as unknown as EventSource,
  });
  running.push(stop);
  const newest = () => FakeSource.all.at(-1) as FakeSource;
  return { values, states, stop, poll, newest };
}

test('hands on what is pushed until it is done', () => {
  const s = start();
  s.newest().say('progress', '1');
  s.newest().say('progress', 'not JSON');
  s.newest().say('done', '2');
  s.newest().say('progress', '3');
  expect(s.values).toEqual([1, 2]);
  expect(s.states).toEqual(['connecting', 'live', 'done']);
  expect(s.newest().closed).toBe(true);
});

test('comes back after a lost connection, later each time', async () => {
  const s = start(vi.fn(() => new Promise<never>(() => undefined)));
  s.newest().fail();
  expect(s.states.at(-1)).toBe('lost');
  await vi.advanceTimersByTimeAsync(1_500);
  expect(FakeSource.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSource.all).toHaveLength(2);
  s.newest().fail();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(FakeSource.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(FakeSource.all).toHaveLength(3);
  s.newest().say('progress', '7');
  expect(s.states.at(-1)).toBe('live');
  expect(s.values.at(-1)).toBe(7);
});

test('asks every ten seconds while nothing is pushed, and stops when it is again', async () => {
  const s = start();
  expect(s.poll).not.toHaveBeenCalled();
  s.newest().fail();
  await vi.advanceTimersByTimeAsync(0);
  expect(s.poll).toHaveBeenCalledTimes(1);
  expect(s.states.at(-1)).toBe('polling');
  await vi.advanceTimersByTimeAsync(POLL_EVERY - 1);
  expect(s.poll).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(s.poll).toHaveBeenCalledTimes(2);
  s.newest().say('progress', '1');
  await vi.advanceTimersByTimeAsync(5 * POLL_EVERY);
  expect(s.poll).toHaveBeenCalledTimes(2);
});

test('says that nothing is known when asking fails as well, and goes on asking', async () => {
  const s = start(vi.fn(() => Promise.reject(new Error('away'))));
  s.newest().fail();
  await vi.advanceTimersByTimeAsync(2_500);
  s.newest().fail();
  await vi.advanceTimersByTimeAsync(2 * POLL_EVERY);
  expect(s.states.at(-1)).toBe('lost');
  expect(s.poll.mock.calls.length).toBeGreaterThan(1);
});

test('holds no connection while nobody sees the page', async () => {
  const s = start();
  const sight = vi.spyOn(document, 'visibilityState', 'get');
  try {
    sight.mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(s.newest().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(10 * POLL_EVERY);
    expect(FakeSource.all).toHaveLength(1);
    sight.mockReturnValue('visible');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSource.all).toHaveLength(2);
    s.newest().say('progress', '5');
    expect(s.values).toEqual([5]);
    s.stop();
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSource.all).toHaveLength(2);
  } finally {
    sight.mockRestore();
  }
});

test('ends when it is told to', async () => {
  const s = start();
  s.newest().fail();
  s.stop();
  await vi.advanceTimersByTimeAsync(10 * POLL_EVERY);
  expect(FakeSource.all).toHaveLength(1);
  expect(s.poll).not.toHaveBeenCalled();
});
