import { useEffect, useState } from 'react';

/**
 * The token of a link of ours: `#token=…`. A fragment is never sent to a server; it is taken out of the address at once, so
 * that it stays in no history either.
 */
export function useToken(): string | undefined {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined);
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
  }, []);
  return token;
}
