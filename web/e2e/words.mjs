import { readFileSync } from 'node:fs';

const source = new URL('../src/', import.meta.url);
const files = new Map();

function strings(language, namespace) {
  const folder = namespace === 'common' ? 'i18n' : `features/${namespace}`;
  const path = `${folder}/${language}.json`;
  if (!files.has(path)) files.set(path, JSON.parse(readFileSync(new URL(path, source), 'utf8')));
  return files.get(path);
}

function find(language, key) {
  const [path, namespace = 'common'] = key.split(':').reverse();
  let text = strings(language, namespace);
  for (const part of path.split('.')) text = text?.[part];
  if (typeof text !== 'string') throw new Error(`no string ${key} in ${language}`);
  return text;
}

/**
 * The words of the application in a language, so that a journey finds things by what a person reads:
 * `words('ru')('auth:signIn.action')`. A key without a namespace is of the common strings.
 */
export function words(language) {
  return (key, values = {}) => {
    return find(language, key).replace(/\{\{(\w+)\}\}/g, (_, name) => {
      if (!(name in values)) throw new Error(`no value of ${name} for ${key}`);
      return String(values[name]);
    });
  };
}
