import { isAttributeName } from '@/lib/attributes';

/** What a column of a file becomes. */
export type Target =
  | { kind: 'email' | 'fullName' | 'firstName' | 'middleName' | 'lastName' | 'comment' }
  | { kind: 'attribute'; name: string };
export type Kind = Target['kind'];
export const kinds: readonly Kind[] = [
  'email', 'fullName', 'firstName', 'middleName', 'lastName', 'comment', 'attribute',
]; // prettier-ignore

// As internal/csvimport/names.go has them, folded.
type Role = 'email' | 'address' | 'fullName' | 'firstName' | 'middleName' | 'lastName' | 'comment';
const words: Record<Role, string> = {
  email:
    'email emailaddress mail почта элпочта электроннаяпочта имейл емейл эмейл емаил адресэлектроннойпочты адресэлпочты ' +
    'адреспочты',
  address: 'адрес address',
  fullName: 'fullname фио полноеимя имяифамилия фамилияиимя фамилияимя имяфамилия фамилияимяотчество',
  firstName: 'name имя firstname givenname',
  middleName: 'middlename patronymic отчество',
  lastName: 'lastname surname familyname фамилия',
  comment:
    'comment comments note notes комментарий комментарии коммент примечание примечания заметка заметки',
};
const roles = new Map<string, Role>(
  Object.entries(words).flatMap(([role, names]) => names.split(/\s+/).map((name) => [name, role as Role])),
);
const PREFIX = 'attributes.';

/** Makes spellings of one name alike: case, ё and е, and what is no letter or digit do not matter. */
export function fold(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{Nd}]/gu, '');
}

/**
 * What each column is by its name, as the server tells it. Where two columns could be the same, the first is; a name that
 * no attribute may have, or that is there twice, is changed into one that may be.
 */
export function recognise(header: readonly string[]): Target[] {
  const names = header.map((name) => name.trim());
  const role = names.map((name) => (name.startsWith(PREFIX) ? undefined : roles.get(fold(name))));
  const out = new Map<number, Target>();
  const pick = (exact: string | null, wanted: Role, kind: Exclude<Kind, 'attribute'>) => {
    let at = names.findIndex((name, i) => name.toLowerCase() === exact && !out.has(i));
    if (at < 0) at = role.findIndex((r, i) => r === wanted && !out.has(i));
    if (at >= 0) out.set(at, { kind });
    return at >= 0;
  };
  pick('comment', 'comment', 'comment');
  if (!pick('email', 'email', 'email')) pick(null, 'address', 'email');
  if (!pick('full_name', 'fullName', 'fullName')) {
    const last = pick(null, 'lastName', 'lastName');
    const middle = pick(null, 'middleName', 'middleName');
    pick(null, 'firstName', last || middle ? 'firstName' : 'fullName');
  }
  const taken = new Set<string>();
  return names.map((title, i) => {
    const known = out.get(i);
    if (known) return known;
    const wanted = attributeName(title.startsWith(PREFIX) ? title.slice(PREFIX.length) : title, i);
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}_${String(n)}`;
    taken.add(name);
    return { kind: 'attribute', name };
  });
}

/** The names that make the server take the columns for just this. */
export function headerFor(targets: readonly Target[]): string[] {
  const fixed = {
    email: 'email',
    fullName: 'full_name',
    firstName: 'first name',
    middleName: 'middle name',
    lastName: 'last name',
    comment: 'comment',
  };
  return targets.map((target) =>
    target.kind === 'attribute' ? PREFIX + target.name.trim() : fixed[target.kind],
  );
}

/** Names as attributes may have them, made of what stands above a column. */
export function attributeName(title: string, at: number): string {
  const name = [
    ...title
      .trim()
      .replace(/[^\p{L}\p{Nd}_]+/gu, '_')
      .replace(/^_+|_+$/g, ''),
  ]
    .slice(0, 60)
    .join('');
  const safe = /^\p{Nd}/u.test(name) ? `_${name}` : name;
  return isAttributeName(safe) ? safe : `column_${String(at + 1)}`;
}

export type Fault = 'noEmail' | 'twice' | 'nameTwice' | 'parts' | 'badName' | 'many';

/** What is wrong with the choice, by column; what is wrong with all of it is at -1. */
export function faultsOf(targets: readonly Target[]): Map<number, Fault> {
  const out = new Map<number, Fault>();
  const seen = new Set<string>();
  targets.forEach((target, i) => {
    const key = target.kind === 'attribute' ? PREFIX + target.name.trim() : target.kind;
    if (target.kind === 'attribute' && !isAttributeName(target.name.trim())) out.set(i, 'badName');
    else if (seen.has(key)) out.set(i, target.kind === 'attribute' ? 'nameTwice' : 'twice');
    seen.add(key);
  });
  const parts = targets.findIndex(({ kind }) => ['firstName', 'middleName', 'lastName'].includes(kind));
  if (parts >= 0 && seen.has('fullName')) out.set(parts, 'parts');
  if (!seen.has('email')) out.set(-1, 'noEmail');
  if (targets.length > 1000) out.set(-1, 'many');
  return out;
}

export type RowFault = 'fields' | 'noAddress' | 'badAddress';

/** What the server will certainly say of a row; it knows more than this. */
export function rowFault(fields: readonly string[], targets: readonly Target[]): RowFault | undefined {
  if (fields.length !== targets.length) return 'fields';
  const at = targets.findIndex(({ kind }) => kind === 'email');
  if (at < 0) return undefined;
  const address = (fields[at] ?? '').trim();
  if (address === '') return 'noAddress';
  return /^\S+@\S+$/.test(address) ? undefined : 'badAddress';
}
