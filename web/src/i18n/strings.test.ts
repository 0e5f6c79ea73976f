import { describe, expect, test } from 'vitest';

interface Tree {
  [key: string]: string | Tree;
}
const files = import.meta.glob<Tree>(['./*.json', '../features/*/*.json'], {
  import: 'default',
  eager: true,
});

const english = new Set(new Intl.PluralRules('en').resolvedOptions().pluralCategories);
const russian = new Set(new Intl.PluralRules('ru').resolvedOptions().pluralCategories);
const plural = /_(zero|one|two|few|many|other)$/;

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(prefix + key, value);
    else for (const [path, text] of flatten(value, `${prefix}${key}.`)) out.set(path, text);
  }
  return out;
}

/** The keys without their plural endings, each with the placeholders and plural forms it has. */
function shape(strings: Map<string, string>) {
  const out = new Map<string, { forms: Set<string>; names: Set<string> }>();
  for (const [key, text] of strings) {
    const stem = key.replace(plural, '');
    const base = strings.has(`${stem}_other`) ? stem : key; // a key may end in _many for other reasons
    const entry = out.get(base) ?? { forms: new Set<string>(), names: new Set<string>() };
    const form = base === key ? undefined : plural.exec(key)?.[1];
    if (form) entry.forms.add(form);
    for (const match of text.matchAll(/\{\{\s*(\w+)/g)) if (match[1]) entry.names.add(match[1]);
    out.set(base, entry);
  }
  return out;
}

describe.each(Object.keys(files).filter((path) => path.endsWith('/en.json')))('%s', (path) => {
  const en = flatten(files[path] ?? {});
  const ru = flatten(files[path.replace('en.json', 'ru.json')] ?? {});

  test('both languages have the same keys, with the same placeholders', () => {
    const [inEnglish, inRussian] = [shape(en), shape(ru)];
    expect([...inRussian.keys()].sort()).toEqual([...inEnglish.keys()].sort());
    for (const [key, { names }] of inEnglish) {
      const others = inRussian.get(key)?.names ?? new Set();
      // A form for one may do without the number.
      for (const name of names) expect(others, `${key} in Russian`).toContain(name);
    }
  });

  test('plurals have every form of their language', () => {
    for (const [key, { forms }] of shape(en)) if (forms.size > 0) expect(forms, key).toEqual(english);
    for (const [key, { forms }] of shape(ru)) if (forms.size > 0) expect(forms, key).toEqual(russian);
  });

  test('no string is empty', () => {
    for (const [key, text] of [...en, ...ru]) expect(text.trim(), key).not.toBe('');
  });
});
