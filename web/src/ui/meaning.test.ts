import { expect, test } from 'vitest';
import { meaningOf, type Meaning } from './meaning';
import { knownReason } from './reasons';

type Row = [Parameters<typeof meaningOf>[0], Meaning];

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
  expect(meaningOf(answer)).toBe(meaning);
});

test('reasons of the server are told from those that people wrote', () => {
  expect(knownReason('no sender has the mail service "mail.example.com"')).toBe('noSender');
  expect(knownReason('the message cannot be rendered: unknown variable "citty"')).toBe('rendering');
  expect(knownReason('complaints about the subject')).toBeUndefined();
});
