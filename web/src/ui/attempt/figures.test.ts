import { expect, test } from 'vitest';
import type { Attempt } from '@/api/sending';
import { audienceOf, pendingOf, sayingOf, tilesOf } from './figures';

const attempt = (values: Partial<Attempt>): Attempt => ({
  id: 'a',
  mailing_id: 'm',
  due_at: '2026-11-24T06:00:00Z',
  started_at: '2026-11-24T06:00:01Z',
  finished_at: null,
  last_activity_at: null,
  status: 'running',
  result: null,
  late_ms: 0,
  audience: 100,
  sent: 0,
  failed: 0,
  deferred: 0,
  unknown: 0,
  skipped: 0,
  expired: 0,
  next_try_at: null,
  last_response: '',
  reason: '',
  reason_code: null,
  owner_id: 'me',
  owner_email: 'me@example.org',
  ...values,
});

test('what has not begun has no known audience, not one of 0', () => {
  const planned = attempt({ status: 'planned', started_at: null, audience: 0 });
  expect(audienceOf(planned)).toBeNull();
  expect(pendingOf(planned)).toBeNull();
});

test('the sentence is about what holds it', () => {
  expect(sayingOf(attempt({}))).toBe('starting');
  expect(sayingOf(attempt({ sent: 50 }))).toBe('sending');
  expect(sayingOf(attempt({ sent: 50 }), true)).toBe('held');
  expect(sayingOf(attempt({ status: 'finished', result: 'succeeded' }), true)).toBe('succeeded');
  expect(sayingOf(attempt({ sent: 97, deferred: 3 }))).toBe('waiting');
  expect(sayingOf(attempt({ sent: 50, reason: 'no sender has the mail service "a"' }))).toBe('stuck');
  expect(sayingOf(attempt({ status: 'finished', result: 'partial' }))).toBe('partial');
  expect(sayingOf(attempt({ status: 'missed' }))).toBe('missed');
});

test('rare outcomes have a tile only when there are any', () => {
  expect(tilesOf(attempt({}))).toEqual(['sent', 'deferred', 'failed', 'unknown']);
  expect(tilesOf(attempt({ expired: 2 }))).toContain('expired');
});
