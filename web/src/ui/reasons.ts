import type { Schema } from '@/api/client';

/** Which of Vestnik's own reasons it is; every one has words in `why`. */
export type ReasonCode = Schema<'ReasonCode'>;

/** Codes whose text goes on with something that the code does not say, after a colon. */
const withMore: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'owner_blocked',
  'unrenderable',
  'content_refused',
  'breaker_open',
  'suppressed',
]);

/** What a reason says beyond its code; empty for nothing. */
export function detailOf(reason: string, code: ReasonCode): string {
  if (code === 'manager' || code === 'no_sender' || code === 'domain_slowed') return reason;
  if (!withMore.has(code)) return '';
  const at = reason.indexOf(': ');
  return at < 0 ? '' : reason.slice(at + 2);
}
