import type { Attempt } from '@/api/sending';
import { outcomeOrder, type Outcome } from '../outcomes';

type Counts = Pick<Attempt, 'sent' | 'failed' | 'deferred' | 'unknown' | 'skipped' | 'expired'>;

/** How many recipients an attempt has; null while it has not begun, for then nobody has counted them. */
export function audienceOf(attempt: Pick<Attempt, 'started_at' | 'audience'>): number | null {
  return attempt.started_at === null ? null : attempt.audience;
}

/** Those with an outcome, whatever it is. */
export function recordedOf(counts: Counts): number {
  return outcomeOrder.reduce((sum, outcome) => sum + counts[outcome as keyof Counts], 0);
}

/** Those not tried yet; null while nobody can tell. */
export function pendingOf(attempt: Attempt): number | null {
  const audience = audienceOf(attempt);
  return audience === null ? null : Math.max(audience - recordedOf(attempt), 0);
}

/** Those who are dealt with for good: they need nothing more. */
export function settledOf(attempt: Attempt): number {
  return recordedOf(attempt) - attempt.deferred;
}

export type Saying =
  | 'planned'
  | 'missed'
  | 'held'
  | 'stuck'
  | 'starting'
  | 'sending'
  | 'waiting'
  | 'cancelled'
  | 'expired'
  | Result;
type Result = 'succeeded' | 'partial' | 'failed' | 'finished';

/** Which sentence tells what is happening; `held` while its mailing is paused or disabled. */
export function sayingOf(attempt: Attempt, held = false): Saying {
  switch (attempt.status) {
    case 'running':
      if (held) return 'held';
      if (attempt.reason !== '') return 'stuck';
      if (recordedOf(attempt) === 0) return 'starting';
      return pendingOf(attempt) === 0 && attempt.deferred > 0 ? 'waiting' : 'sending';
    case 'finished':
      return attempt.result ?? 'finished';
    default:
      return attempt.status;
  }
}

/** The tiles of an attempt: the outcomes that matter always, the others when there are any. */
export function tilesOf(counts: Counts): Exclude<Outcome, 'pending'>[] {
  const always: readonly Outcome[] = ['sent', 'failed', 'deferred', 'unknown'];
  return outcomeOrder.filter(
    (outcome): outcome is Exclude<Outcome, 'pending'> =>
      outcome !== 'pending' && (always.includes(outcome) || counts[outcome] > 0),
  );
}
