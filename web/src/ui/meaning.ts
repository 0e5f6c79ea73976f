import type { Schema } from '@/api/client';

/** What an answer of a mail server means for the recipient, as a key of `answer.meaning`. */
export type Meaning =
  | 'accepted'
  | 'noMailbox'
  | 'mailboxFull'
  | 'mailboxOff'
  | 'badDomain'
  | 'tooLarge'
  | 'spam'
  | 'auth'
  | 'greylisted'
  | 'busy'
  | 'network'
  | 'content'
  | 'temporary'
  | 'refused'
  | 'lost'
  | 'skipped'
  | 'expired'
  | 'own';

/** The key of what an answer means. */
export type MeaningKey = `answer.meaning.${Meaning}` | `why.${Schema<'ReasonCode'>}`;

type Answer = Pick<Schema<'ResponseGroup'>, 'outcome' | 'code' | 'enhanced' | 'reason_code'>;

// By the enhanced status code (RFC 3463 and 7505) without its class: that says only how long it lasts.
const byDetail: Record<string, Meaning> = {
  '1.1': 'noMailbox',
  '1.2': 'badDomain',
  '1.6': 'noMailbox',
  '1.10': 'badDomain',
  '2.1': 'mailboxOff',
  '2.2': 'mailboxFull',
  '2.3': 'tooLarge',
  '3.4': 'tooLarge',
  '4.1': 'network',
  '4.2': 'network',
  '4.4': 'badDomain',
  '4.7': 'network',
  '7.0': 'spam',
  '7.1': 'spam',
  '7.8': 'auth',
  '7.9': 'auth',
  '7.20': 'spam',
  '7.26': 'spam',
};

/** Vestnik's own reason, or what the answer means: by code and outcome, never by the text, which every server words differently. */
export function meaningOf(answer: Answer): MeaningKey {
  return answer.reason_code ? `why.${answer.reason_code}` : `answer.meaning.${classOf(answer)}`;
}

function classOf({ outcome, code, enhanced }: Answer): Meaning {
  if (outcome === 'sent') return 'accepted';
  if (outcome === 'unknown') return 'lost';
  if (outcome === 'skipped' || outcome === 'expired') return outcome;
  if (!code) return enhanced || outcome === 'failed' ? 'own' : 'network';
  const [kind, ...rest] = (enhanced ?? '').split('.');
  const detail = rest.join('.');
  if (kind === '4' && (detail === '7.0' || detail === '7.1')) return 'greylisted';
  const exact = byDetail[detail];
  if (exact) return exact;
  if (rest[0] === '6') return 'content';
  if (rest[0] === '7') return 'spam';
  if (code === 421 || code === 450 || code === 451) return 'busy';
  if (code === 452 || code === 552) return 'mailboxFull';
  if (code === 535) return 'auth';
  if (code === 550 || code === 551 || code === 553) return 'refused';
  return code < 500 ? 'temporary' : 'refused';
}
