/** Reads the beginning of a CSV file as the server does, so that what is shown is what will be imported. */

export type Delimiter = ',' | ';' | '\t';
export type Charset = 'utf-8' | 'windows-1251' | 'utf-16le' | 'utf-16be';
export const charsets: readonly Charset[] = ['utf-8', 'windows-1251', 'utf-16le', 'utf-16be'];

/** How much of a file tells its encoding, and how long its first line may be, in bytes. */
export const HEAD = 64 * 1024;

/** As internal/csvimport tells it: by a mark, else Windows-1251 if most of the special lines are not UTF-8. */
export function charsetOf(head: Uint8Array, whole: boolean): Charset {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const end = whole ? head.length : head.lastIndexOf(10) + 1; // the last line may be cut within a character
  let special = 0;
  let faulty = 0;
  for (let from = 0; from < end;) {
    const at = head.indexOf(10, from);
    const to = at < 0 || at >= end ? end : at;
    const line = head.subarray(from, to);
    if (line.some((byte) => byte > 127)) {
      special++;
      if (!isUtf8(line)) faulty++;
    }
    from = to + 1;
  }
  return 2 * faulty > special ? 'windows-1251' : 'utf-8';
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A workbook or an archive, which people take for CSV. */
export function isWorkbook(head: Uint8Array): boolean {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  return starts(0x50, 0x4b, 3, 4) || starts(0xd0, 0xcf, 0x11, 0xe0);
}

/** The length of the byte order mark. */
export function markLength(bytes: Uint8Array, charset: Charset): number {
  if (charset === 'utf-8') return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const [a, b] = [bytes[0], bytes[1]];
  return (charset === 'utf-16le' && a === 0xff && b === 0xfe) ||
    (charset === 'utf-16be' && a === 0xfe && b === 0xff)
    ? 2
    : 0;
}

export function decode(bytes: Uint8Array, charset: Charset): string {
  return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes.subarray(markLength(bytes, charset)));
}

/** The bytes of a text; undefined if the encoding lacks one of its characters. */
export function encode(text: string, charset: Charset): Uint8Array<ArrayBuffer> | undefined {
  if (charset === 'utf-8') return new TextEncoder().encode(text);
  if (charset === 'windows-1251') {
    const table = new TextDecoder(charset).decode(Uint8Array.from({ length: 256 }, (_, i) => i));
    const codes = Array.from(text, (character) => table.indexOf(character));
    return codes.includes(-1) ? undefined : Uint8Array.from(codes);
  }
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), charset === 'utf-16le');
  return new Uint8Array(bytes.buffer);
}

/** Whichever of the three the first line uses most, outside quotes. */
export function delimiterOf(line: string): Delimiter {
  const bare = line.replace(/"[^"]*("|$)/g, '');
  const count = (delimiter: Delimiter) => bare.split(delimiter).length - 1;
  if (count('\t') > count(',') && count('\t') > count(';')) return '\t';
  return count(';') > count(',') ? ';' : ',';
}

export interface CsvRecord {
  /** The line it begins in, from 1. */
  line: number;
  fields: string[];
  /** Its quotes are not in order. */
  bad: boolean;
  /** Where it stands in the text, its end of line included. */
  from: number;
  to: number;
}

/** The first records of a text. The last one is left out if the text is cut there. */
export function readRecords(text: string, delimiter: Delimiter, most: number, whole: boolean): CsvRecord[] {
  const out: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length && out.length < most) {
    const { fields, to, cut, bad } = readRecord(text, at, delimiter);
    if (cut && !whole) break;
    if (fields.some((field) => field.trim() !== '')) out.push({ line, fields, bad, from: at, to });
    line += text.slice(at, to).split('\n').length - 1;
    at = to;
  }
  return out;
}

function readRecord(text: string, start: number, delimiter: Delimiter) {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const { field, to, bad } = readField(text, at, delimiter);
    if (bad) return plainLine(text, start, delimiter);
    fields.push(field);
    if (text[to] === delimiter) {
      at = to + 1;
      continue;
    }
    const end = to + (text.startsWith('\r\n', to) ? 2 : text[to] === '\n' ? 1 : 0);
    return { fields, to: end, cut: end === to, bad: false };
  }
}

/** One field; `bad` if it begins with a quote that is not closed just before the field's end. */
function readField(text: string, at: number, delimiter: Delimiter) {
  const ends = (to: number) =>
    to >= text.length || text[to] === delimiter || text[to] === '\n' || text.startsWith('\r\n', to);
  if (text[at] === '"') {
    const quoted = /"((?:[^"]|"")*)"/y;
    quoted.lastIndex = at;
    const found = quoted.exec(text);
    const to = quoted.lastIndex;
    return found && ends(to)
      ? { field: (found[1] ?? '').replaceAll('""', '"'), to, bad: false }
      : { field: '', to: at, bad: true };
  }
  let to = at;
  while (!ends(to)) to++;
  return { field: text.slice(at, to), to, bad: false };
}

/** A line that cannot be read as a record costs itself only; its fields are a guess. */
function plainLine(text: string, start: number, delimiter: Delimiter) {
  const at = text.indexOf('\n', start);
  const to = at < 0 ? text.length : at + 1;
  return { fields: text.slice(start, to).trimEnd().split(delimiter), to, cut: at < 0, bad: true };
}

/** A field as it stands in a file, in quotes where it needs them. */
export function quote(field: string, delimiter: Delimiter): string {
  return field.includes(delimiter) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

export interface Sample {
  charset: Charset;
  delimiter: Delimiter;
  header: CsvRecord;
  rows: CsvRecord[];
  /** Where the first line's record stands in the file, in bytes. */
  from: number;
  to: number;
  /** What ends the first line: nothing at the end of a file. */
  ending: string;
}

/** What is at the beginning of a file; `undefined` when it has no first line to speak of. */
export function sample(
  head: Uint8Array,
  whole: boolean,
  charset = charsetOf(head, whole),
): Sample | undefined {
  const text = decode(head, charset);
  const lines = text.split('\n').find((line) => line.trim() !== '');
  if (lines === undefined) return undefined;
  const delimiter = delimiterOf(lines);
  const [header, ...rows] = readRecords(text, delimiter, 21, whole);
  if (!header) return undefined;
  const mark = markLength(head, charset);
  const length = (part: string) => encode(part, charset)?.length ?? 0;
  const from = mark + length(text.slice(0, header.from));
  return {
    charset,
    delimiter,
    header,
    rows,
    from,
    to: from + length(text.slice(header.from, header.to)),
    ending: /\r?\n$/.exec(text.slice(header.from, header.to))?.[0] ?? '',
  };
}

/** The file with another first line; what comes after it is not touched, whatever its size. */
export function withHeader(file: Blob, found: Sample, names: readonly string[]): Blob | undefined {
  const line = names.map((name) => quote(name, found.delimiter)).join(found.delimiter) + found.ending;
  const bytes = encode(line, found.charset);
  return bytes && new Blob([file.slice(0, found.from), bytes, file.slice(found.to)], { type: 'text/csv' });
}
