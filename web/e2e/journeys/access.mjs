import assert from 'node:assert/strict';
import { languages } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import { until } from '../process.mjs';

const SECRET = 'Тайна Анны';

/** One of each of the things that somebody can have, all named alike, and the addresses of their pages. */
async function possessions(system, owner, domain) {
  const make = (path, body) => system.api(owner, 'POST', path, body);
  const client = await make('/clients', { email: `secret@${domain}`, full_name: SECRET });
  const list = await make('/lists', { name: SECRET });
  await system.api(owner, 'PUT', `/lists/${list.id}/clients/${client.id}`);
  const message = await make('/messages', { subject: SECRET, text: SECRET });
  const mailing = await make('/mailings', { name: SECRET, message_id: message.id, client_ids: [client.id] });
  const attempt = await until('the attempt to finish', async () => {
    const { items } = await system.api(owner, 'GET', `/mailings/${mailing.id}/attempts`);
    return items.find(({ status }) => status === 'finished');
  });
  return [
    '/clients',
    `/clients?client=${client.id}`,
    `/clients?list=${list.id}`,
    '/lists',
    `/lists/${list.id}`,
    '/messages',
    `/messages/${message.id}`,
    '/mailings',
    `/mailings/${mailing.id}`,
    `/mailings/${mailing.id}/edit`,
    '/attempts',
    `/attempts/${attempt.id}`,
    '/reports',
    '/',
  ];
}

/** The words of a page once nothing is being fetched or drawn any more. */
async function wordsOf(page, path) {
  await page.goto(path);
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root'));
  return page.locator('body').innerText();
}

/** A second is promised from the block on; the rest is for the browser to ask, to fetch the page and to draw it. */
const OUT = 1_000 + 1_500;

export const accessJourneys = () => languages.flatMap((language) => [strangers(language), blocked(language)]);

const strangers = (language) => ({
  name: `nobody sees anything of another user by any address, ${language}`,
  async run({ system, person, email, domain }) {
    const owner = await system.account(email('owner'));
    const stranger = await system.account(email('stranger'));
    const secret = domain('anna');
    const urls = await possessions(system, owner, secret);
    const anna = await person(language);
    await auth.signIn(anna, owner);
    const boris = await person(language);
    boris.refusals.add(404);
    await auth.signIn(boris, stranger);
    let seen = 0;
    for (const url of urls) {
      if ((await wordsOf(anna.page, url)).includes(SECRET)) seen++;
      const words = await wordsOf(boris.page, url);
      assert.ok(!words.includes(SECRET) && !words.includes(secret), `${url} shows a stranger:\n${words}`);
    }
    assert.ok(seen >= 8, `the owner sees it on ${String(seen)} pages only`); // or this would prove nothing
  },
});

const blocked = (language) => ({
  name: `a blocked user is out within a second, ${language}`,
  alone: true, // it measures time
  async run({ system, person, email }) {
    const user = await system.account(email('spammer'));
    const manager = await system.account(email('manager'), 'manager');
    const one = await person(language);
    one.refusals.add(403);
    await auth.signIn(one, user);
    await one.page.goto('/clients'); // nothing goes on here
    await one.title('clients:title').waitFor();
    const { id } = await system.api(user, 'GET', '/me');
    const reason = 'жалобы получателей';
    await system.api(manager, 'POST', `/users/${id}/block`, { reason });
    const since = Date.now();
    await auth.isOut(one); // by itself: nobody touches the page
    const took = Date.now() - since;
    await one.text('auth:signIn.ended').waitFor();
    console.log(`     out after ${String(took)} ms`);
    assert.ok(took <= OUT, `it took ${String(took)} ms`);
    await auth.enterPassword(one, user);
    await one.page.getByText(reason).waitFor();
  },
});
