// Opens the pages of the built application in Chromium, on a made-up API: axe must find nothing serious, no policy may be
// broken, and the first load must stay within its budget. Screenshots go to web/screenshots.
//
//   npm run build && npm run test:pages [-- PART-OF-A-NAME]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { serve } from './pages/server.mjs';
import { pages } from './pages/pages.mjs';

const BUDGET = 350 * 1024; // of the first load: scripts, styles and data as gzip packs them, without fonts
const only = process.argv[2] ?? '';
const out = new URL('../screenshots/', import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(out, { recursive: true });
const { base, close } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const chosen = pages.filter(({ name }) => name.includes(only));
const faults = [];
/** Told at once, for a whole run takes long. */
const fault = (text) => {
  faults.push(text);
  console.error(text);
};
const looks = [
  { language: 'en', theme: 'light', width: 1280, height: 800 },
  { language: 'ru', theme: 'dark', width: 1280, height: 800 },
  { language: 'ru', theme: 'light', width: 360, height: 740 },
  { language: 'en', theme: 'dark', width: 360, height: 740 },
];
try {
  for (const page of chosen) for (const look of looks) await check(page, look);
} finally {
  await browser.close();
  close();
}
const failed = new Set(faults.map((text) => text.slice(0, text.indexOf(':'))));
const all = chosen.length * looks.length;
for (const name of failed) console.log(`FAILED ${name}`);
console.log(
  `${String(all)} looks at ${String(chosen.length)} pages: ${String(all - failed.size)} passed, ${String(failed.size)} failed`,
);
if (all === 0) console.error(`no page is called ${only}`);
process.exit(all === 0 || failed.size > 0 ? 1 : 0);

async function check({ name, path, me, act, budget, live }, { language, theme, width, height }) {
  const label = `${name}.${language}.${theme}.${String(width)}`;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'ru' ? 'ru-RU' : 'en-GB',
    timezoneId: 'Europe/Moscow',
    colorScheme: theme,
    reducedMotion: 'reduce',
    bypassCSP: false,
  });
  await context.addCookies([
    { name: 'me', value: me === null ? 'nobody' : `${me ?? 'user'}-${language}`, url: base },
  ]);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => fault(`${label}: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|missingKey/.test(message.text())) fault(`${label}: ${message.text()}`);
  });
  let loaded = 0;
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  const names = new Map();
  const sizes = [];
  client.on('Network.responseReceived', ({ requestId, response }) => names.set(requestId, response.url));
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (names.get(requestId)?.endsWith('.woff2')) return;
    loaded += encodedDataLength;
    sizes.push([encodedDataLength, names.get(requestId)]);
  });
  try {
    await page.goto(base + path, { waitUntil: live ? 'load' : 'networkidle' });
    if (live) await settled(page);
    if (budget && loaded > BUDGET) {
      sizes.sort(([a], [b]) => b - a);
      const largest = sizes.slice(0, 12).map(([size, url]) => `${String(size)} ${url}`);
      fault(
        `${label}: the first load is ${String(Math.round(loaded / 1024))} KB\n    ${largest.join('\n    ')}`,
      );
    }
    if (budget) console.log(`${label}: first load ${String(Math.round(loaded / 1024))} KB`);
    if (act) await act(page);
    if (!live) await page.waitForLoadState('networkidle');
    await page.screenshot({ path: `${out}${label}.png`, fullPage: true });
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (tooWide) fault(`${label}: the page is wider than the screen`);
    const missing = await page.evaluate(
      () => /\b(nav|error|field|action)\.[a-z]/.exec(document.body.innerText)?.[0],
    );
    if (missing) fault(`${label}: a key is shown in place of its string: ${missing}`);
    await page.evaluate(axe); // by the debugger, past the policy of the page
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    );
    for (const { id, impact, nodes } of violations) {
      const where = nodes
        .map(({ target, any }) => `${target.join(' ')} ${any[0]?.message ?? ''}`)
        .join('\n    ');
      if (impact === 'serious' || impact === 'critical') fault(`${label}: ${id}\n    ${where}`);
      else console.log(`${label}: ${String(impact)}: ${id} ${where}`);
    }
  } catch (error) {
    fault(`${label}: ${error.message}`);
  } finally {
    await context.close();
  }
}

// A page that holds a stream open never rests: it is there when nothing on it waits any more.
async function settled(page) {
  await page.locator('main h1').waitFor();
  await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root, [aria-busy=true]'));
  await page.waitForTimeout(500);
}
