import { isAttributeName } from '@/lib/attributes';

/** An attribute in a form. `key` tells rows apart while their names change. */
export interface Row {
  key: string;
  name: string;
  value: string;
}
export const MOST = 50;

export function rowsOf(attributes: Record<string, string>): Row[] {
  return Object.entries(attributes)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, value]) => ({ key: `stored-${name}`, name, value }));
}

/** The change that makes the stored attributes those of the form: null removes one. Empty when there is none. */
export function changeOf(
  stored: Record<string, string>,
  rows: readonly Row[],
): Record<string, string | null> {
  const wanted = new Map(rows.map(({ name, value }) => [name.trim(), value]));
  const out: Record<string, string | null> = {};
  for (const name of Object.keys(stored)) if (!wanted.has(name)) out[name] = null;
  for (const [name, value] of wanted) if (stored[name] !== value) out[name] = value;
  return out;
}

export type RowFault = 'badName' | 'twice' | 'long';

/** What is wrong with the rows, by their place. */
export function rowFaults(rows: readonly Row[]): Map<number, RowFault> {
  const out = new Map<number, RowFault>();
  const seen = new Set<string>();
  rows.forEach(({ name, value }, i) => {
    const wanted = name.trim();
    if (!isAttributeName(wanted)) out.set(i, 'badName');
    else if (seen.has(wanted)) out.set(i, 'twice');
    else if ([...value].length > 1000) out.set(i, 'long');
    seen.add(wanted);
  });
  return out;
}
