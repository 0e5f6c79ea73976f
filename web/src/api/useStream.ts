import { useEffect, useEffectEvent, useState } from 'react';
import { follow, type StreamState } from './stream';
import { reportStream } from './connection';

/**
 * Follows a stream while the component is there and `url` is not null. The newest value is `value`; `state` also goes to
 * the indicator in the frame.
 */
export function useStream<T>(
  url: string | null,
  poll: (signal: AbortSignal) => Promise<{ value: T; done: boolean }>,
): { value: T | undefined; state: StreamState } {
  const [held, setHeld] = useState<{ url: string | null; value?: T; state: StreamState }>({
    url,
    state: 'connecting',
  });
  const ask = useEffectEvent(poll);
  useEffect(() => {
    if (url === null) return;
    const indicator = reportStream();
    const stop = follow<T>({
      url,
      poll: (signal) => ask(signal),
      onValue: (value) => {
        setHeld((old) => ({ url, state: old.state, value }));
      },
      onState: (state) => {
        indicator.set(state);
        setHeld((old) => (old.url === url ? { ...old, state } : { url, state }));
      },
    });
    return () => {
      stop();
      indicator.end();
    };
  }, [url]);
  return held.url === url
    ? { value: held.value, state: held.state }
    : { value: undefined, state: 'connecting' };
}
