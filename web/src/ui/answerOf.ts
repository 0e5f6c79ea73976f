/** The codes at the beginning of what a mail server answered, `550 5.1.1 …`; undefined where it is no answer of one. */
export function answerOf(response: string): { code: number; enhanced: string | null } | undefined {
  const found = /^([2-5]\d\d)\b(?: ([245]\.\d{1,3}\.\d{1,3})\b)?/.exec(response);
  return found ? { code: Number(found[1]), enhanced: found[2] ?? null } : undefined;
}
