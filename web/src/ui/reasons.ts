/** What the server says in English about why something does not move, and the words we have for it. */
const patterns = [
  ['rendering', /^the message cannot be rendered: (.*)/s],
  ['content', /^the mail service refused the message's content/],
  ['noSender', /^no sender has the mail service "(.*)"/],
  ['endFirst', /^the mailing's end came first/],
  ['held', /^the mailing was held when it was due/],
  ['late', /^nothing could start it in time/],
  ['breaker', /^the circuit breaker is open/],
  ['blocked', /owner is blocked/],
] as const;

export type KnownReason = (typeof patterns)[number][0];

/** The reason we have words for, if any. Anything else is a person's own words, or the mail service's. */
export function knownReason(reason: string): KnownReason | undefined {
  return patterns.find(([, pattern]) => pattern.test(reason))?.[0];
}
