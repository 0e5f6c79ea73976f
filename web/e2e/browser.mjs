import { chromium } from 'playwright-core';
import { words } from './words.mjs';

const PATIENCE = Number(process.env.E2E_PATIENCE ?? 120) * 1000; // of every step; machines of CI are slow

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Whoever starts it stops it, together with the system.
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
    args: [
      '--no-sandbox', // the tests may run as root
      '--disable-dev-shm-usage', // which is small in containers
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A person with a browser of their own. `faults` collects what no journey may meet: broken policies, errors on the
 * console, answers 5xx, and refusals that the journey did not name in `refusals`.
 */
export async function openPerson(browser, base, language, look = {}) {
  const context = await browser.newContext({
    baseURL: base,
    locale: language === 'ru' ? 'ru-RU' : 'en-GB',
    timezoneId: 'Europe/Moscow',
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
    ...look,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const person = { context, page, language, t: words(language), faults: [], refusals: new Set([401]) };
  const fault = (text) => person.faults.push(`${page.url()}: ${text}`);
  page.on('pageerror', (error) => fault(error.stack ?? error.message));
  page.on('console', (message) => {
    // What the network refused is judged by its answer, below.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      fault(message.text());
    else if (/Content Security Policy|missingKey/.test(message.text())) fault(message.text());
  });
  page.on('response', (response) => {
    const status = response.status();
    if (status < 400 || person.refusals.has(status)) return;
    fault(`${response.request().method()} ${response.url()} answered ${String(status)}`);
  });
  /** Finds things the way a person does: by the words on them. */
  person.button = (key, values) => page.getByRole('button', { name: person.t(key, values), exact: true });
  person.link = (key, values) => page.getByRole('link', { name: person.t(key, values), exact: true });
  person.field = (key, values) =>
    page.locator('input, textarea').and(page.getByLabel(person.t(key, values), { exact: true }));
  person.title = (key, values) => page.getByRole('heading', { name: person.t(key, values), exact: true });
  /** Reads from the API as the person, with the session that the browser has. */
  person.get = async (path) => {
    const response = await context.request.get(`/api/v1${path}`);
    if (!response.ok()) throw new Error(`GET ${path}: ${String(response.status())} ${await response.text()}`);
    return response.json();
  };
  person.text = (key, values) => page.getByText(person.t(key, values));
  return person;
}
