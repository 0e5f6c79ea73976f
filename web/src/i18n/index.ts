import i18n, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';

export type Language = 'en' | 'ru';
export const languages: readonly Language[] = ['en', 'ru'];

// Each namespace in each language is a file of its own, fetched when a page first needs it: common is here, the others
// are beside their feature.
const files = import.meta.glob<Record<string, unknown>>(['./{en,ru}.json', '../features/*/{en,ru}.json'], {
  import: 'default',
});

const backend: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read(language, namespace, callback) {
    const path = namespace === 'common' ? `./${language}.json` : `../features/${namespace}/${language}.json`;
    const load = files[path];
    if (!load) {
      callback(new Error(`no strings for ${namespace} in ${language}`), null);
      return;
    }
    load().then(
      (strings) => {
        callback(null, strings);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  },
};

const STORED = 'vestnik-language';

/** What the person chose last on this browser, or what the browser asks for. */
export function initialLanguage(): Language {
  const stored = readStored();
  if (stored) return stored;
  for (const wanted of navigator.languages) {
    const found = languages.find((language) => wanted.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return 'en';
}

function readStored(): Language | undefined {
  try {
    return languages.find((language) => language === localStorage.getItem(STORED));
  } catch {
    return undefined; // storage is forbidden
  }
}

/** Changes the language of the page, and remembers it in this browser. */
export async function setLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // storage is forbidden: it holds until the page is left
  }
  if (i18n.language !== language) await i18n.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function startI18n(language: Language = initialLanguage()): Promise<void> {
  document.documentElement.lang = language;
  await i18n
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: false, // the tests see to it that both languages have every string
      ns: ['common'],
      defaultNS: 'common',
      interpolation: { escapeValue: false }, // React escapes
      returnNull: false,
      showSupportNotice: false,
    });
}

export { i18n };
