import { describe, expect, test } from 'vitest';
import type { Mailing } from '@/api/sending';
import { effectsOf, emptyValues, inputOf, patchOf, reachOf, valuesOf } from './form';

const now = Date.parse('2026-11-20T10:20:00Z');
const mailing: Mailing = {
  id: 'm',
  name: 'Opening',
  message_id: 'letter',
  client_ids: [],
  list_ids: ['kazan', 'moscow'],
  start_at: '2026-11-24T06:00:17Z',
  end_at: null,
  time_zone: 'Europe/Moscow',
  periodicity: 'weekly',
  draft: false,
  on_unknown: 'hold',
  provider_id: null,
  status: 'scheduled',
  reason: '',
  reason_code: null,
  next_at: '2026-11-24T06:00:17Z',
  revision: 3,
  owner_id: 'me',
  owner_email: 'me@example.org',
  created_at: '2026-11-01T06:00:00Z',
  updated_at: '2026-11-01T06:00:00Z',
};

describe('a new mailing', () => {
  const values = {
    ...emptyValues('Europe/Moscow', now),
    begin: 'now' as 'now' | 'at',
    name: ' Opening ',
    message_id: 'letter',
    list_ids: ['kazan'],
  };

  test('that starts now has no start of its own, so that the server takes its clock', () => {
    expect(inputOf(values, false, now)).toMatchObject({ name: 'Opening', draft: false, periodicity: 'once' });
    expect(inputOf(values, false, now)).not.toHaveProperty('start_at');
  });

  test('that starts later says so in its zone', () => {
    const later = {
      ...values,
      begin: 'at' as const,
      start_at: '2026-11-24T09:00',
      end_at: '2026-12-01T00:00',
    };
    expect(inputOf(later, true, now)).toMatchObject({
      start_at: '2026-11-24T06:00:00.000Z',
      end_at: '2026-11-30T21:00:00.000Z',
      draft: true,
    });
  });
});

describe('a change', () => {
  const values = valuesOf(mailing, now);

  test('of nothing is empty, whatever seconds the start has', () => {
    expect(patchOf(mailing, values, now)).toEqual({});
  });

  test('has only what differs', () => {
    expect(patchOf(mailing, { ...values, name: 'New', provider_id: 'mail' }, now)).toEqual({
      name: 'New',
      provider_id: 'mail',
    });
    expect(patchOf(mailing, { ...values, list_ids: ['moscow', 'kazan'] }, now)).toEqual({});
  });

  test('of the zone moves the start with it: it stays 09:00 there', () => {
    expect(patchOf(mailing, { ...values, time_zone: 'Asia/Yekaterinburg' }, now)).toEqual({
      time_zone: 'Asia/Yekaterinburg',
      start_at: '2026-11-24T04:00:00.000Z',
    });
  });

  test('to a draft whose start has passed starts it later, and not at once', () => {
    const copy: Mailing = { ...mailing, status: 'draft', start_at: new Date(now - 1000).toISOString() };
    const copied = valuesOf(copy, now);
    expect(copied.begin).toBe('at');
    const { start_at } = patchOf(copy, copied, now);
    expect(Date.parse(start_at ?? '')).toBeGreaterThan(now);
  });

  test('can take the end away', () => {
    const ending = { ...mailing, end_at: '2026-12-01T00:00:00Z' };
    expect(patchOf(ending, { ...valuesOf(ending, now), end_at: '' }, now)).toEqual({ end_at: null });
  });
});

describe('what a change does', () => {
  const running: Mailing = { ...mailing, status: 'running' };

  test('to a mailing that is being sent', () => {
    expect(effectsOf(running, { message_id: 'x', list_ids: [], end_at: null }, now)).toEqual([
      'message',
      'audience',
      'end',
    ]);
    expect(effectsOf({ ...running, periodicity: 'once' }, { start_at: '2026-11-25T00:00:00Z' }, now)).toEqual(
      ['fixedStart'],
    );
    expect(effectsOf(running, { name: 'New' }, now)).toEqual([]);
  });

  test('to one that is planned or over', () => {
    expect(effectsOf(mailing, { start_at: '2026-11-19T00:00:00Z' }, now)).toEqual(['atOnce']);
    expect(effectsOf({ ...mailing, status: 'finished' }, { start_at: '2026-11-25T00:00:00Z' }, now)).toEqual([
      'again',
    ]);
  });
});

test('how many it reaches is exact only where nobody can be counted twice', () => {
  const lists = [
    { id: 'kazan', clients: 10 },
    { id: 'moscow', clients: 5 },
  ];
  expect(reachOf({ list_ids: ['kazan'], client_ids: [] }, lists)).toEqual({ most: 10, exact: true });
  expect(reachOf({ list_ids: ['kazan', 'moscow'], client_ids: ['a'] }, lists)).toEqual({
    most: 16,
    exact: false,
  });
  expect(reachOf({ list_ids: ['deleted'], client_ids: [] }, lists)).toBeUndefined();
});
