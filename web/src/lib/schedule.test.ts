import { describe, expect, test } from 'vitest';
import { firstReading, fromLocal, occurrences, toLocal, wallClock, type Schedule } from './schedule';

const schedule = (start: string, zone: string, periodicity: Schedule['periodicity'], end?: string) => ({
  start: Date.parse(start),
  end: end ? Date.parse(end) : null,
  zone,
  periodicity,
});
const next = (s: Schedule, after: string, count = 3) =>
  occurrences(s, Date.parse(after), count).map(({ at, shift }) =>
    [new Date(at).toISOString(), shift].filter(Boolean).join(' '),
  );

describe('occurrences', () => {
  test('one that is to come is the only one of a one-off', () => {
    const once = schedule('2026-11-24T06:00:00Z', 'Europe/Moscow', 'once');
    expect(next(once, '2026-11-01T00:00:00Z')).toEqual(['2026-11-24T06:00:00.000Z']);
    expect(next(once, '2026-11-24T06:00:00Z')).toEqual([]);
  });

  test('the time of day stays across the change to summer time', () => {
    const daily = schedule('2027-03-27T08:00:00Z', 'Europe/Berlin', 'daily'); // 09:00
    expect(next(daily, '2027-03-26T00:00:00Z')).toEqual([
      '2027-03-27T08:00:00.000Z',
      '2027-03-28T07:00:00.000Z',
      '2027-03-29T07:00:00.000Z',
    ]);
  });

  test('a time that the clocks skip is the first instant after the gap', () => {
    const daily = schedule('2027-03-27T01:30:00Z', 'Europe/Berlin', 'daily'); // 02:30
    expect(next(daily, '2027-03-27T02:00:00Z', 2)).toEqual([
      '2027-03-28T01:00:00.000Z gap', // 03:00 in summer time
      '2027-03-29T00:30:00.000Z',
    ]);
  });

  test('a time that the clocks show twice is the first of the two', () => {
    const daily = schedule('2027-10-30T00:30:00Z', 'Europe/Berlin', 'daily'); // 02:30
    expect(next(daily, '2027-10-30T01:00:00Z', 2)).toEqual([
      '2027-10-31T00:30:00.000Z overlap',
      '2027-11-01T01:30:00.000Z',
    ]);
  });

  test('monthly on the 31st is the last day of shorter months, and the 31st again after', () => {
    const monthly = schedule('2027-12-31T09:00:00Z', 'UTC', 'monthly');
    expect(next(monthly, '2027-12-31T10:00:00Z', 4)).toEqual([
      '2028-01-31T09:00:00.000Z',
      '2028-02-29T09:00:00.000Z', // a leap year
      '2028-03-31T09:00:00.000Z',
      '2028-04-30T09:00:00.000Z',
    ]);
    const short = schedule('2027-01-30T09:00:00Z', 'UTC', 'monthly');
    expect(next(short, '2027-02-01T00:00:00Z', 2)).toEqual([
      '2027-02-28T09:00:00.000Z',
      '2027-03-30T09:00:00.000Z',
    ]);
  });

  test('weekly keeps its weekday, long after its start', () => {
    const weekly = schedule('2020-01-06T06:00:00Z', 'Europe/Moscow', 'weekly'); // a Monday, 09:00
    expect(next(weekly, '2026-11-24T12:00:00Z', 2)).toEqual([
      '2026-11-30T06:00:00.000Z',
      '2026-12-07T06:00:00.000Z',
    ]);
  });

  test('nothing starts at the end or after it', () => {
    const daily = schedule('2026-11-24T06:00:00Z', 'UTC', 'daily', '2026-11-26T06:00:00Z');
    expect(next(daily, '2026-11-24T00:00:00Z', 5)).toEqual([
      '2026-11-24T06:00:00.000Z',
      '2026-11-25T06:00:00.000Z',
    ]);
  });

  test('a date that the zone left out has no daily occurrence', () => {
    const daily = schedule('2011-12-29T19:00:00Z', 'Pacific/Apia', 'daily'); // 29 December, 09:00; no 30 December
    expect(next(daily, '2011-12-29T19:00:00Z', 2)).toEqual([
      '2011-12-30T19:00:00.000Z', // 31 December
      '2011-12-31T19:00:00.000Z',
    ]);
  });

  test('offsets of other minutes than full hours', () => {
    const daily = schedule('2026-11-24T03:15:00Z', 'Asia/Kathmandu', 'daily'); // 09:00
    expect(next(daily, '2026-11-24T04:00:00Z', 1)).toEqual(['2026-11-25T03:15:00.000Z']);
  });

  test('a zone nobody knows has none', () => {
    expect(next(schedule('2026-11-24T06:00:00Z', 'Mars/Olympus', 'daily'), '2026-01-01T00:00:00Z')).toEqual(
      [],
    );
  });
});

describe('fields of local time', () => {
  test('there and back', () => {
    const at = Date.parse('2026-11-24T06:05:00Z');
    expect(toLocal(at, 'Europe/Moscow')).toBe('2026-11-24T09:05');
    expect(fromLocal('2026-11-24T09:05', 'Europe/Moscow')).toEqual({ at });
  });

  test('say when the clocks skip it or show it twice', () => {
    expect(fromLocal('2027-03-28T02:30', 'Europe/Berlin')?.shift).toBe('gap');
    expect(fromLocal('2027-10-31T02:30', 'Europe/Berlin')?.shift).toBe('overlap');
    expect(fromLocal('', 'Europe/Berlin')).toBeUndefined();
  });
});

test('the first reading shows the wall clock wherever there is one', () => {
  const wall = Date.UTC(2026, 6, 1, 12, 34, 56);
  for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/St_Johns'])
    expect(wallClock(firstReading(wall, zone), zone)).toBe(wall);
});
