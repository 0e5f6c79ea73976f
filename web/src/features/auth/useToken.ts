import { useEffect, useState } from 'react';

/**
 * What a link brings behind its `#`: `#token=…`. A fragment is never sent to a server; it is taken out of the address at
 * once, so that it stays in no history either.
 */
export function useFragment(): URLSearchParams {
  const [fragment] = useState(() => new URLSearchParams(location.hash.slice(1)));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
  }, []);
  return fragment;
}

export function useToken(): string | undefined {
  return useFragment().get('token') ?? undefined;
}
