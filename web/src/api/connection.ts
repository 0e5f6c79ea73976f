import { useSyncExternalStore } from 'react';
import type { StreamState } from './stream';

/** All streams of the page together: the worst of them, or `idle` without any. */
export type Connection = 'idle' | 'live' | 'polling' | 'lost';

const streams = new Map<symbol, StreamState>();
const listeners = new Set<() => void>();

function changed() {
  for (const listener of listeners) listener();
}

/** Enters a stream for the indicator in the frame. */
export function reportStream(): { set: (state: StreamState) => void; end: () => void } {
  const key = Symbol('stream');
  return {
    set(state) {
      streams.set(key, state);
      changed();
    },
    end() {
      streams.delete(key);
      changed();
    },
  };
}

function worst(): Connection {
  const states = new Set(streams.values());
  if (states.has('lost')) return 'lost';
  if (states.has('polling')) return 'polling';
  return states.has('live') ? 'live' : 'idle';
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    worst,
    () => 'idle',
  );
}
