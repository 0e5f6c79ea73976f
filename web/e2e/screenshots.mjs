// Takes a picture of every page in both themes and both languages, on a telephone and on a desktop, into web/screenshots,
// from a system with something in it. `make screenshots` runs it; of some pages: node e2e/screenshots.mjs PART-OF-A-NAME
import { mkdir } from 'node:fs/promises';
import { openPerson } from './browser.mjs';
import { openStage } from './journey.mjs';
import * as auth from './pages/auth.mjs';
import { furnish } from './sample.mjs';

const only = process.argv[2] ?? '';
const out = new URL('../screenshots/', import.meta.url).pathname;
const looks = [
  { language: 'ru', theme: 'light', width: 1280, height: 800 },
  { language: 'en', theme: 'dark', width: 1280, height: 800 },
  { language: 'en', theme: 'light', width: 360, height: 740 },
  { language: 'ru', theme: 'dark', width: 360, height: 740 },
];
await mkdir(out, { recursive: true });
const stage = await openStage();
const faults = [];
try {
  const { system, browser } = stage;
  const admin = await system.account('admin@example.org', 'admin');
  const pages = (await furnish(system, admin)).filter(({ name }) => name.includes(only));
  for (const { language, theme, width, height } of looks) {
    const options = { viewport: { width, height }, colorScheme: theme };
    const inside = await openPerson(browser, system.base, language, options);
    const outside = await openPerson(browser, system.base, language, options);
    await auth.signIn(inside, admin);
    for (const { name, path, open } of pages) {
      const { page } = open ? outside : inside;
      await page.goto(path, { waitUntil: 'load' });
      await page.locator('h1, h2').first().waitFor();
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root'));
      // As tall as the page, so that what is fixed stands where it belongs.
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.max(height, tall) });
      await page.screenshot({ path: `${out}${name}.${theme}.${String(width)}.png`, fullPage: true });
      await page.setViewportSize({ width, height });
    }
    for (const person of [inside, outside]) {
      faults.push(...person.faults);
      await person.context.close();
    }
  }
  console.log(`${String(pages.length * looks.length)} pictures in ${out}`);
} finally {
  await stage.close();
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
