import type { Schema } from '@/api/client';

/**
 * When a mailing starts, reckoned as the server does (internal/domain/schedule.go), so that a form can say it before
 * anything is saved: the wall-clock time of the start stays in the mailing's zone; in a gap it is the first instant after
 * it, in an overlap the first of the two; monthly on the 29th to 31st is the last day of a shorter month.
 *
 * Times are milliseconds since 1970. A wall clock is the time in UTC that reads the same.
 */
export interface Schedule {
  start: number;
  /** Nothing starts at it or after it; null for none. */
  end: number | null;
  /** An IANA name. */
  zone: string;
  periodicity: Schema<'Periodicity'>;
}

export interface Occurrence {
  at: number;
  /** `gap`: the clocks skip its time, and it is later; `overlap`: they show its time twice, and it is the first. */
  shift?: 'gap' | 'overlap';
}

const DAY = 86_400_000;
const MOST_DATES_LEFT_OUT = 3; // Pacific/Apia had none on 30 December 2011

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
    clocks.set(zone, found);
  }
  return found;
}

/** Whether the browser knows a zone. */
export function isZone(zone: string): boolean {
  try {
    clock(zone);
    return zone !== '';
  } catch {
    return false;
  }
}

/** What clocks in the zone read at that time. */
export function wallClock(at: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of clock(zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000);
}

const offset = (at: number, zone: string) => wallClock(at, zone) - at;
const dateOf = (wall: number) => Math.floor(wall / DAY) * DAY;

/** The first instant at which clocks in the zone read `wall`, or, in a gap, anything later. */
export function firstReading(wall: number, zone: string): number {
  const [before, after] = [offset(wall - DAY, zone), offset(wall + DAY, zone)];
  const early = wall - before;
  if (offset(early, zone) === before) return early;
  const late = wall - after;
  if (offset(late, zone) === after) return late;
  // Neither offset ever shows it, so the change lies in between, at a whole second.
  let [low, high] = [Math.floor(late / 1000), Math.ceil(early / 1000)];
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle * 1000, zone) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

function shiftOf(at: number, wall: number, zone: string): Pick<Occurrence, 'shift'> {
  if (wallClock(at, zone) !== wall) return { shift: 'gap' };
  const second = wall - offset(wall + DAY, zone);
  return second > at && wallClock(second, zone) === wall ? { shift: 'overlap' } : {};
}

/** The wall clock that the i-th day, week or month names. */
function wallOfSlot(first: number, periodicity: Schedule['periodicity'], i: number): number {
  switch (periodicity) {
    case 'daily':
      return first + i * DAY;
    case 'weekly':
      return first + 7 * i * DAY;
    case 'monthly': {
      const date = new Date(first);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + i];
      const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
      return Date.UTC(year, month, Math.min(date.getUTCDate(), length)) + (first - dateOf(first));
    }
    case 'once':
      return first;
  }
}

function slotAt(first: number, periodicity: Schedule['periodicity'], wall: number): number {
  const days = (dateOf(wall) - dateOf(first)) / DAY;
  if (periodicity === 'daily') return days;
  if (periodicity === 'weekly') return Math.floor(days / 7);
  if (periodicity === 'once') return 0;
  const [a, b] = [new Date(first), new Date(wall)];
  return 12 * (b.getUTCFullYear() - a.getUTCFullYear()) + b.getUTCMonth() - a.getUTCMonth();
}

/** The first `count` occurrences after that time; fewer when there are no more. */
export function occurrences(schedule: Schedule, after: number, count: number): Occurrence[] {
  const { start, end, zone, periodicity } = schedule;
  if (!isZone(zone) || !Number.isFinite(start)) return [];
  const out: Occurrence[] = [];
  const first = wallClock(start, zone);
  const from = after < start ? 0 : Math.max(slotAt(first, periodicity, wallClock(after, zone)), 0);
  const to = periodicity === 'once' ? 0 : from + count + MOST_DATES_LEFT_OUT;
  for (let i = from; i <= to && out.length < count; i++) {
    const wall = wallOfSlot(first, periodicity, i);
    const at = i === 0 ? start : firstReading(wall, zone);
    if (end !== null && at >= end) break;
    if (at <= after || (i > 0 && periodicity === 'daily' && leftOut(at, wall, zone))) continue;
    out.push({ at, ...(i === 0 ? {} : shiftOf(at, wall, zone)) });
  }
  return out;
}

/** Whether the zone has no instant on the date of `wall` at all: the day after has its own occurrence. */
function leftOut(at: number, wall: number, zone: string): boolean {
  if (dateOf(wallClock(at, zone)) === dateOf(wall)) return false;
  return dateOf(wallClock(firstReading(dateOf(wall), zone), zone)) !== dateOf(wall);
}

/** The value of a `datetime-local` field for a time: what clocks in the zone read. */
export function toLocal(at: number, zone: string): string {
  return new Date(wallClock(at, zone)).toISOString().slice(0, 16);
}

/** The time of such a field, and whether the clocks skip it or show it twice; undefined for no time. */
export function fromLocal(local: string, zone: string): Occurrence | undefined {
  const wall = Date.parse(`${local}Z`);
  if (!Number.isFinite(wall) || !isZone(zone)) return undefined;
  const at = firstReading(wall, zone);
  return { at, ...shiftOf(at, wall, zone) };
}
