import { useEffect, useState } from 'react';

/** The time, moved on every half minute while someone looks at it. */
export function useNow(moving: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => {
      setNow(new Date());
    }, 30_000);
    return () => {
      clearInterval(timer);
    };
  }, [moving]);
  return now;
}
