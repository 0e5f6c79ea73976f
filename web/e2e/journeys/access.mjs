import assert from 'node:assert/strict';
import { journey, languages } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import { until } from '../system.mjs';

const SECRET = 'Тайна Анны';

/** One of each of the things that somebody can have, all named alike, and the addresses of their pages. */
async function possessions(system, owner) {
  const make = (path, body) => system.api(owner, 'POST', path, body);
  const client = await make('/clients', { email: 'secret@anna.example', full_name: SECRET });
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

export function accessJourneys(stage) {
  journey(stage, 'nobody sees anything of another user by any address', async ({ system, person }) => {
    const owner = await system.account('owner@anna.example');
    const stranger = await system.account('stranger@boris.example');
    const urls = await possessions(system, owner);
    const anna = await person('en');
    await auth.signIn(anna, owner);
    const boris = await person('en');
    boris.refusals.add(404);
    await auth.signIn(boris, stranger);
    let seen = 0;
    for (const url of urls) {
      if ((await wordsOf(anna.page, url)).includes(SECRET)) seen++;
      const words = await wordsOf(boris.page, url);
      assert.ok(!/Тайна|anna\.example/.test(words), `${url} shows a stranger:\n${words}`);
    }
    assert.ok(seen >= 8, `the owner sees it on ${String(seen)} pages only`); // or this would prove nothing
  });

  for (const language of languages) {
    journey(stage, `a blocked user is out within a second, ${language}`, async ({ system, person }) => {
      const user = await system.account(`spammer-${language}@example.org`);
      const manager = await system.account(`manager-${language}@example.org`, 'manager');
      const one = await person(language);
      one.refusals.add(403);
      await auth.signIn(one, user);
      const { id } = await system.api(user, 'GET', '/me');
      await system.api(manager, 'POST', `/users/${id}/block`, { reason: 'жалобы' });
      // A second is promised; the margin is for slow machines.
      await until(
        'the session to end',
        async () => [401, 403].includes((await one.context.request.get('/api/v1/me')).status()),
        5_000,
      );
      await one.page.goto('/clients');
      await auth.isOut(one);
      await auth.enterPassword(one, user);
      await one.page.getByRole('alert').waitFor();
    });
  }
}
