import { readRecords } from './csv';

export interface Reject {
  line: string;
  reason: string;
  email: string;
}

/** The rows of the file of bad rows: `line,reason,email,row`. `whole` is false for its beginning only. */
export function readRejects(text: string, whole: boolean): Reject[] {
  const [, ...rows] = readRecords(text, ',', Infinity, whole);
  return rows.map(({ fields: [line = '', reason = '', email = ''] }) => ({ line, reason, email }));
}

export interface Group {
  reason: string;
  count: number;
  /** The first of them. */
  example: Reject;
}

/** By reason, the most frequent first; what stands in quotes is different in each row and does not tell reasons apart. */
export function groupRejects(rejects: readonly Reject[]): Group[] {
  const groups = new Map<string, Group>();
  for (const reject of rejects) {
    const reason = reject.reason.replace(/"(?:[^"\\]|\\.)*"/g, '"…"');
    const group = groups.get(reason);
    if (group) group.count++;
    else groups.set(reason, { reason, count: 1, example: reject });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
