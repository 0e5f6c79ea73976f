import { describe, expect, test } from 'vitest';
import { charsetOf, encode, isWorkbook, readRecords, sample, withHeader, type Charset } from './csv';

const bytes = (text: string, charset: Charset = 'utf-8', mark: number[] = []) =>
  Uint8Array.from([...mark, ...(encode(text, charset) ?? [])]);

async function content(blob: Blob | undefined): Promise<Uint8Array> {
  if (!blob) throw new Error('no file');
  return new Uint8Array(
    await new Promise<ArrayBuffer>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => {
        resolve(reader.result as ArrayBuffer);
      };
      reader.readAsArrayBuffer(blob);
    }),
  );
}

describe('the encoding', () => {
  test('is told by the mark, or by what most of the special lines are', () => {
    expect(charsetOf(bytes('почта;имя\nanna@example.org;Анна\n'), true)).toBe('utf-8');
    expect(charsetOf(bytes('почта;имя\nanna@example.org;Анна\n', 'windows-1251'), true)).toBe('windows-1251');
    expect(charsetOf(bytes('email', 'utf-16le', [0xff, 0xfe]), true)).toBe('utf-16le');
    expect(charsetOf(bytes('email', 'utf-16be', [0xfe, 0xff]), true)).toBe('utf-16be');
    expect(charsetOf(bytes('email\n'), true)).toBe('utf-8');
  });

  test('is not misled by a character that is cut at the end', () => {
    expect(charsetOf(bytes('email\nЯ').slice(0, -1), false)).toBe('utf-8');
  });

  test('writes back what it read', () => {
    for (const charset of ['utf-8', 'windows-1251', 'utf-16le', 'utf-16be'] as const)
      expect(new TextDecoder(charset).decode(encode('Ёж, №1', charset))).toBe('Ёж, №1');
    expect(encode('日本', 'windows-1251')).toBeUndefined();
  });

  test('a workbook is none', () => {
    expect(isWorkbook(Uint8Array.of(0x50, 0x4b, 3, 4, 0))).toBe(true);
    expect(isWorkbook(bytes('PK,email'))).toBe(false);
  });
});

describe('records', () => {
  const fields = (text: string, whole = true) => readRecords(text, ',', 20, whole).map((r) => r.fields);

  test('may have quotes, delimiters and ends of lines in their fields', () => {
    expect(fields('a,"b, ""c""\nd",e\r\nf,,g')).toEqual([
      ['a', 'b, "c"\nd', 'e'],
      ['f', '', 'g'],
    ]);
  });

  test('know their lines, and pass over blank ones', () => {
    expect(readRecords('\na,"1\n2"\n,\n\nb,3\n', ',', 20, true).map((r) => r.line)).toEqual([2, 6]);
  });

  test('leave out what is cut at the end of the head', () => {
    expect(fields('a,b\nc,d', false)).toEqual([['a', 'b']]);
  });

  test('a stray quote costs its own line only', () => {
    const records = readRecords('a,"b" c\nd,"e\nf,g\n', ',', 20, true);
    expect(records.map((r) => [r.bad, r.fields.length])).toEqual([
      [true, 2],
      [true, 2],
      [false, 2],
    ]);
  });
});

describe('another first line', () => {
  test.each<[string, Charset, number[]]>([
    ['UTF-8 with a mark', 'utf-8', [0xef, 0xbb, 0xbf]],
    ['Windows-1251', 'windows-1251', []],
    ['UTF-16', 'utf-16le', [0xff, 0xfe]],
  ])('in %s leaves every other byte as it was', async (_, charset, mark) => {
    const rest = '"Ёлка; 1";anna@example.org\r\nстрока;2\r\n';
    const file = bytes(`\r\nПочта;"Имя;\r\nкраткое"\r\n${rest}`, charset, mark);
    const found = sample(file, true, charset);
    expect(found?.header.fields).toEqual(['Почта', 'Имя;\r\nкраткое']);
    expect(found?.delimiter).toBe(';');
    const made = await content(found && withHeader(new Blob([file]), found, ['attributes.а;б', 'email']));
    expect([...made]).toEqual([...bytes(`\r\n"attributes.а;б";email\r\n${rest}`, charset, mark)]);
  });

  test('is refused where the encoding lacks a character', () => {
    const file = bytes('email\n', 'windows-1251');
    const found = sample(file, true, 'windows-1251');
    expect(found && withHeader(new Blob([file]), found, ['日'])).toBeUndefined();
  });

  test('of a file that is nothing else gets no end of line', async () => {
    const file = bytes('почта');
    const found = sample(file, true);
    expect([...(await content(found && withHeader(new Blob([file]), found, ['email'])))]).toEqual([
      ...bytes('email'),
    ]);
  });

  test('cannot be made where there is none', () => {
    expect(sample(bytes(' \n\n'), true)).toBeUndefined();
  });
});
