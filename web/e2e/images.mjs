// Takes the pictures of the README into docs/images, in each language: the dashboard, a mailing in progress, the editor and
// an import, from a shop with a month behind it. `make images` runs it; in one language: node e2e/images.mjs en
import { mkdir } from 'node:fs/promises';
import { openPerson, startBrowser } from './browser.mjs';
import * as auth from './pages/auth.mjs';
import { figures } from './pages/mailings.mjs';
import { until } from './process.mjs';
import { answer, CLIENTS, newcomers, openShop } from './shop.mjs';
import { startSMTP } from './smtp.mjs';
import { startSystem, stopSystems } from './system.mjs';

const out = new URL('../../docs/images/', import.meta.url).pathname;
const languages = process.argv[2] ? [process.argv[2]] : ['en', 'ru'];
await mkdir(out, { recursive: true });
const smtp = await startSMTP(answer);
const browser = await startBrowser();
try {
  for (const language of languages) {
    const settings = {
      VESTNIK_SMTP_URL: `${smtp.url}&rate=200&connections=8&name=mx.post.example`,
      VESTNIK_MAIL_FROM: 'Brightwater Books <news@brightwater.example>',
    };
    const system = await startSystem({ settings });
    await takeAll(system, language);
    await system.stop();
  }
} finally {
  await browser.close();
  await stopSystems();
  smtp.stop();
}

async function takeAll(system, language) {
  const { owner, shop, message, sale } = await openShop(system, language);
  const anna = await openPerson(browser, system.base, language, {
    viewport: { width: 1440, height: 900 },
    timezoneId: shop.owner.time_zone,
    colorScheme: 'light',
  });
  const { page } = anna;
  const take = async (name) => {
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root'));
    await page.evaluate(() => document.fonts.ready);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${out}${name}.${language}.png` });
  };
  const midway = (share) =>
    until('the mailing to be midway', async () => ((await figures(anna)).sent ?? 0) > share * CLIENTS);
  await auth.signIn(anna, owner);
  await midway(0.2);
  await take('dashboard');
  await page.goto(`/mailings/${sale}`);
  await midway(0.45);
  await take('mailing');
  await page.goto(`/messages/${message}`);
  await anna.field('messages:preview.client').click();
  const reader = page.getByRole('option').nth(4);
  const [, name] = (await reader.innerText()).split(' · ');
  await reader.click();
  await page.locator('iframe').first().contentFrame().getByText(name).first().waitFor();
  await take('editor');
  await page.goto('/imports');
  await page.getByText(anna.t('imports:drop.title')).waitFor();
  const file = { name: shop.file, mimeType: 'text/csv', buffer: newcomers(shop, 2_000) };
  await page.locator('input[type=file]').setInputFiles(file);
  await anna
    .title('imports:columns.title')
    .or(page.getByText(anna.t('imports:columns.text')))
    .first()
    .waitFor();
  await take('import');
  for (const fault of anna.faults) console.error(fault);
  await anna.context.close();
}
