import type { Schema } from '@/api/client';

/** Rows of a CSV file (RFC 4180), the first being the names of its columns. */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c !== '"') field += c;
      else if (text.charAt(i + 1) === '"') {
        field += c;
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(field.endsWith('\r') && c === '\n' ? field.slice(0, -1) : field);
      field = '';
      if (c === '\n') {
        rows.push(row);
        row = [];
      }
    } else field += c;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  const [names = [], ...rest] = rows;
  return rest.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])));
}

export interface MailingSums {
  id: string;
  name: string;
  attempts: number;
  /** null when no attempt of it has begun, for then nobody counted. */
  audience: number | null;
  totals: Schema<'Counts'>;
}

const outcomes = ['sent', 'failed', 'deferred', 'unknown', 'skipped', 'expired'] as const;

/** The attempts of `/reports/mailings.csv` added up by mailing; who sent the most comes first. */
export function sumByMailing(csv: string): MailingSums[] {
  const found = new Map<string, MailingSums>();
  for (const row of parseCsv(csv)) {
    const id = row.mailing_id ?? '';
    let sums = found.get(id);
    if (!sums) {
      const totals = { sent: 0, failed: 0, deferred: 0, unknown: 0, skipped: 0, expired: 0 };
      // An apostrophe is put before what a spreadsheet would take for a formula.
      const name = (row.mailing_name ?? '').replace(/^'(?=[=+\-@\t\r])/, '');
      sums = { id, name, attempts: 0, audience: null, totals };
      found.set(id, sums);
    }
    sums.attempts++;
    if (row.audience) sums.audience = (sums.audience ?? 0) + Number(row.audience);
    for (const outcome of outcomes) sums.totals[outcome] += Number(row[outcome] ?? 0);
  }
  return [...found.values()].sort((a, b) => b.totals.sent - a.totals.sent);
}

/** Groups of recipients as a CSV file. What a spreadsheet would take for a formula gets an apostrophe. */
export function groupsFile(by: string, rows: readonly { name: string; totals: Schema<'Counts'> }[]): string {
  const field = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map(({ name, totals }) =>
    [field(name), ...outcomes.map((outcome) => String(totals[outcome]))].join(','),
  );
  return `${[by, ...outcomes].join(',')}\r\n${lines.join('\r\n')}\r\n`;
}
