import assert from 'node:assert/strict';
import { languages } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import { sendMail } from '../smtp.mjs';

// The pages of the mailbox have words of their own, from internal/standalone/mailbox/words.go.
const says = {
  en: {
    live: 'Live',
    dark: 'Dark theme',
    phone: 'Phone',
    text: 'Text',
    other: 'Русский',
    sender: 'From',
    fresh: /^New messages: \d/,
  },
  ru: {
    live: 'На связи',
    dark: 'Тёмная тема',
    phone: 'Телефон',
    text: 'Текст',
    other: 'English',
    sender: 'От кого',
    fresh: /^Новых писем: \d/,
  },
};

export const mailboxJourneys = () =>
  languages.map((language) => ({
    name: `the mailbox, live and in the look of the application, ${language}`,
    async run({ system, person, email: emailOf }) {
      const words = says[language];
      const email = emailOf('box');
      const [reader, writer] = [await person(language), await person(language)];
      const { page } = reader;
      const mine = `/mailbox?q=${encodeURIComponent(email)}`; // others get mail meanwhile
      await page.goto(mine);
      await page.getByText(words.live, { exact: true }).waitFor();
      await auth.register(writer, { email, name: 'Анна', password: 'лошадь скрепка батарея' });
      await writer.link('auth:check.mailbox').waitFor();
      const row = page.getByRole('row').filter({ hasText: email });
      await row.waitFor(); // by itself
      assert.equal(await row.getAttribute('class'), 'unread');
      const time = await row
        .getByRole('cell')
        .last()
        .evaluate((cell) => cell.scrollWidth <= cell.clientWidth);
      assert.ok(time, 'the time is not cut');

      await row.getByRole('link').click();
      await page.frameLocator('iframe').getByRole('link').first().waitFor();
      assert.equal(
        await page.locator('iframe').getAttribute('sandbox'),
        'allow-popups allow-popups-to-escape-sandbox',
      );
      const width = () => page.locator('iframe').evaluate((frame) => frame.clientWidth);
      const wide = await width();
      await page.getByLabel(words.phone, { exact: true }).check({ force: true });
      assert.ok((await width()) <= 375 && wide > 600, 'as wide as a phone, and before that as a desktop');
      await page.getByLabel(words.text, { exact: true }).first().check({ force: true });
      await page.getByRole('group', { name: words.text, exact: true }).waitFor();

      await page.getByRole('button', { name: words.dark }).click();
      await page.goto(mine);
      assert.equal(await page.evaluate(() => document.documentElement.dataset.scheme), 'dark', 'it stays');
      assert.equal(await row.getAttribute('class'), null, 'it has been read');
      await page.getByRole('searchbox').fill('nobody-has-this');
      await row.waitFor({ state: 'detached' });
      await page.getByRole('searchbox').fill(email);
      await row.waitFor();
      await page.getByRole('link', { name: words.other }).click();
      await page.getByRole('columnheader', { name: says[language === 'ru' ? 'en' : 'ru'].sender }).waitFor();
      await page.goto('/sign-in');
      assert.equal(
        await page.evaluate(() => document.documentElement.lang),
        language === 'ru' ? 'en' : 'ru',
        'what was chosen in the mailbox holds in the application',
      );

      await stayTuned(system, person, language, emailOf('many'));

      const admin = await system.account(emailOf('keeper'), 'admin');
      await auth.signIn(writer, admin);
      await writer.link('nav.mailbox').click();
      await writer.page.getByText(words.live, { exact: true }).waitFor();
    },
  }));

/** A later page says that mail has come, and a page that nobody sees holds no connection. */
async function stayTuned(system, person, language, to) {
  const { page } = await person(language);
  const words = says[language];
  const { VESTNIK_SMTP_URL: url } = JSON.parse(await system.cli(['config', '--export', '--json']));
  const list = `/mailbox?q=${encodeURIComponent(to)}`;
  const fresh = page.getByRole('link', { name: words.fresh });
  const rows = page.locator('tbody tr');
  await sendMail(url, to, 51); // a page has 50
  await page.goto(`${list}&page=2`);
  await page.getByText(words.live, { exact: true }).waitFor();
  assert.equal(await rows.count(), 1);
  await sendMail(url, to, 1);
  await fresh.waitFor();
  assert.equal(await rows.count(), 1, 'what is being read stays');
  await page.getByRole('searchbox').fill(`${to} `);
  await fresh.waitFor({ state: 'hidden' }); // the first page has it
  await page.goto(`${list}&page=2`);
  await page.getByText(words.live, { exact: true }).waitFor();
  await sendMail(url, to, 1);
  await fresh.click();
  await page.waitForURL(/\/mailbox$/);

  const isEvents = (request) => request.url().endsWith('/mailbox/events');
  const see = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await page.goto(list);
  await page.getByText(words.live, { exact: true }).waitFor();
  const left = page.waitForEvent('requestfailed', isEvents);
  await see('hidden');
  await left;
  await sendMail(url, to, 1);
  const back = page.waitForRequest(isEvents);
  await see('visible');
  await back;
  await page.getByText('News 1', { exact: true }).nth(2).waitFor(); // those that came one by one
}
