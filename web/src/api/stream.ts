/** What is known of a stream: `live` pushes, `polling` asks every now and then, `lost` tries to come back. */
export type StreamState = 'connecting' | 'live' | 'polling' | 'lost' | 'done';

export interface StreamOptions<T> {
  /** Address of the server-sent events. */
  url: string;
  /** Asks for the state once; used while no events come. */
  poll: (signal: AbortSignal) => Promise<{ value: T; done: boolean }>;
  onValue: (value: T, done: boolean) => void;
  onState: (state: StreamState) => void;
  /** Makes the source; tests put their own here. */
  open?: (url: string) => EventSource;
}

/** The fallback asks no more often than this, in milliseconds. */
export const POLL_EVERY = 10_000;
const BACKOFF_FIRST = 2_000;
const BACKOFF_MOST = 60_000;

/**
 * Follows a stream of the API until it is done; returns what ends it sooner. Events are states, not changes: each is the
 * whole truth, so nothing is lost with a connection. After a failure it polls at once, because the stream may have ended
 * with the session, and then until events come again; it comes back after 2, 4, 8 … 60 s (±20 %). While nobody sees the page
 * it lets the connection go: browsers allow six to a server, to all pages together.
 */
export function follow<T>({
  url,
  poll,
  onValue,
  onState,
  open = (u) => new EventSource(u),
}: StreamOptions<T>): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let polling: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let ended = false;
  const abort = new AbortController();

  const rest = () => {
    source?.close();
    clearTimeout(retry);
    clearTimeout(polling);
    polling = undefined;
  };
  const end = () => {
    ended = true;
    rest();
    document.removeEventListener('visibilitychange', onSight);
    abort.abort();
  };
  const take = (value: T, done: boolean) => {
    if (ended) return;
    onValue(value, done);
    if (done) {
      end();
      onState('done');
    }
  };
  const onEvent = (done: boolean) => (event: MessageEvent<string>) => {
    let value: T;
    try {
      value = JSON.parse(event.data) as T;
    } catch {
      return; // half an event of a connection that broke
    }
    failures = 0;
    clearTimeout(polling);
    polling = undefined;
    if (!ended) onState('live');
    take(value, done);
  };
  const pollOnce = async () => {
    try {
      const { value, done } = await poll(abort.signal);
      // Events may have come back meanwhile; what they say is newer.
      if (polling !== undefined && !ended) {
        onState('polling');
        take(value, done);
      }
    } catch {
      if (polling !== undefined && !ended) onState('lost');
    }
    if (polling !== undefined && !ended) polling = setTimeout(() => void pollOnce(), POLL_EVERY);
  };
  const fail = () => {
    if (ended) return;
    source?.close();
    failures++;
    if (polling === undefined) {
      onState('lost');
      polling = setTimeout(() => void pollOnce(), 0);
    }
    const wait = Math.min(BACKOFF_FIRST * 2 ** (failures - 1), BACKOFF_MOST);
    clearTimeout(retry);
    retry = setTimeout(connect, wait * (0.8 + 0.4 * Math.random()));
  };
  function onSight() {
    rest();
    if (document.visibilityState === 'visible') connect();
  }
  function connect() {
    source = open(url);
    source.addEventListener('open', () => {
      if (!ended) onState('live');
    });
    source.addEventListener('progress', onEvent(false));
    source.addEventListener('done', onEvent(true));
    source.addEventListener('error', fail);
  }

  onState('connecting');
  document.addEventListener('visibilitychange', onSight);
  if (document.visibilityState === 'visible') connect();
  return end;
}
