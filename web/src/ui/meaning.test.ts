import { expect, test } from 'vitest';
import { meaningOf, type Meaning } from './meaning';
import { detailOf } from './reasons';

type Row = [Omit<Parameters<typeof meaningOf>[0], 'reason_code'>, Meaning];

test.each<Row>([
  [{ outcome: 'sent', code: 250, enhanced: '2.0.0' }, 'accepted'],
  [{ outcome: 'failed', code: 550, enhanced: '5.1.1' }, 'noMailbox'],
  [{ outcome: 'failed', code: 550, enhanced: null }, 'refused'],
  [{ outcome: 'deferred', code: 450, enhanced: '4.2.2' }, 'mailboxFull'],
  [{ outcome: 'deferred', code: 451, enhanced: '4.7.1' }, 'greylisted'],
  [{ outcome: 'failed', code: 554, enhanced: '5.7.1' }, 'spam'],
  [{ outcome: 'deferred', code: 421, enhanced: '4.3.2' }, 'busy'],
  [{ outcome: 'deferred', code: null, enhanced: null }, 'network'],
  [{ outcome: 'failed', code: null, enhanced: null }, 'own'],
  [{ outcome: 'unknown', code: null, enhanced: null }, 'lost'],
  [{ outcome: 'failed', code: 554, enhanced: '5.6.0' }, 'content'],
])('%j means %s', (answer, meaning) => {
  expect(meaningOf({ ...answer, reason_code: null })).toBe(`answer.meaning.${meaning}`);
});

test("Vestnik's own reasons say more than the outcome", () => {
  const answer = { outcome: 'unknown', code: null, enhanced: null } as const;
  expect(meaningOf({ ...answer, reason_code: 'not_recorded' })).toBe('why.not_recorded');
});

test('what a reason says beyond its code is kept', () => {
  expect(detailOf('no sender has the mail service "mail.example.com"', 'no_sender')).toContain(
    'mail.example.com',
  );
  expect(detailOf('the message cannot be rendered: html: line 3: x', 'unrenderable')).toBe('html: line 3: x');
  expect(detailOf('its owner is blocked', 'owner_blocked')).toBe('');
  expect(detailOf('its owner is blocked: spam', 'owner_blocked')).toBe('spam');
  expect(detailOf('complaints: many', 'manager')).toBe('complaints: many');
  expect(detailOf('nothing could start it in time', 'too_late')).toBe('');
});
