import { fromLocal, wallClock } from '@/lib/schedule';

/** Calendar days, both among the period; in the person's zone. */
export interface Days {
  from: string;
  to: string;
}

const DAY = 86_400_000;
const shift = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** The last so many days, today among them. */
export function lastDays(count: number, now: number, zone: string): Days {
  const to = new Date(wallClock(now, zone)).toISOString().slice(0, 10);
  return { from: shift(to, 1 - count), to };
}

/** The period as the contract has it: from the beginning of the first day to the end of the last. */
export function instants({ from, to }: Days, zone: string): { from: string; to: string } | undefined {
  const [a, b] = [fromLocal(`${from}T00:00`, zone), fromLocal(`${shift(to, 1)}T00:00`, zone)];
  if (!a || !b || a.at >= b.at) return undefined;
  return { from: new Date(a.at).toISOString(), to: new Date(b.at).toISOString() };
}
