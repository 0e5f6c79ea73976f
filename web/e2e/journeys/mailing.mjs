import assert from 'node:assert/strict';
import { journey } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import * as mailings from '../pages/mailings.mjs';
import { until } from '../system.mjs';

const SIZE = 5_000;

export function mailingJourneys(stage) {
  journey(stage, 'a mailing from the file of its clients to its report, ru', async ({ system, person }) => {
    const owner = await system.account('owner-ru@example.org');
    const anna = await person('ru');
    await auth.signIn(anna, owner);
    await mailings.importClients(anna, mailings.clientsFile('shop.example', SIZE), 'Казань');
    await mailings.writeMessage(anna, { subject: 'Открытие магазина', body: 'Ждём вас в субботу.' });
    const id = await mailings.schedule(anna, {
      name: 'Открытие',
      list: 'Казань',
      subject: 'Открытие магазина',
      at: mailings.ahead(20),
      zone: 'UTC',
    });
    assert.equal((await system.api(owner, 'GET', `/mailings/${id}`)).status, 'scheduled');
    // Nobody touches the page again: it is to show by itself that the mailing has started, and that it is over.
    await anna.page
      .getByText(anna.t('mailingStatus.finished'), { exact: true })
      .first()
      .waitFor({ timeout: 150_000 });
    const { items } = await system.api(owner, 'GET', `/mailings/${id}/attempts`);
    assert.equal(items.length, 1);
    const [{ audience, sent }] = items;
    assert.deepEqual({ audience, sent }, { audience: SIZE, sent: SIZE });
    const mail = await until('all mail to be in the mailbox', async () => {
      const found = await system.mail('@shop.example');
      return found.length >= SIZE && found;
    });
    assert.equal(mail.length, SIZE, 'one message for each client');
    assert.equal(new Set(mail.map(({ to }) => to[0])).size, SIZE, 'each to somebody else');
    await anna.page.reload();
    await anna.page.getByText('5 000', { exact: false }).first().waitFor();
  });

  journey(stage, 'a periodic mailing that a manager stops, en', async ({ system, person }) => {
    const owner = await system.account('owner-en@example.org');
    const boss = await system.account('boss@example.org', 'manager');
    const anna = await person('en');
    await auth.signIn(anna, owner);
    await mailings.importClients(anna, mailings.clientsFile('weekly.example', 3), 'Readers');
    await mailings.writeMessage(anna, { subject: 'News', body: 'What happened this week.' });
    const id = await mailings.schedule(anna, {
      name: 'Weekly news',
      list: 'Readers',
      subject: 'News',
      at: mailings.ahead(10),
      zone: 'UTC',
      periodicity: 'weekly',
    });
    const attempts = async (status) =>
      (await system.api(owner, 'GET', `/mailings/${id}/attempts`)).items.filter((a) => a.status === status);
    await until('the first start', async () => (await attempts('finished')).length === 1);
    const [next] = await until('the plan of the next one', async () => {
      const planned = await attempts('planned');
      return planned.length === 1 && planned;
    });
    assert.ok(Date.parse(next.due_at) - Date.now() > 6 * 24 * 3_600_000, 'the next one is a week later');
    assert.equal((await system.mail('@weekly.example')).length, 3);

    const manager = await person('en');
    await auth.signIn(manager, boss);
    await mailings.disable(manager, { id, name: 'Weekly news' }, 'complaints about it');
    // The owner's page, which nobody touches, tells what happened and why.
    await anna.text('mailings:stopped.disabled').waitFor();
    await anna.page.getByText('complaints about it').waitFor();
    assert.equal(await anna.button('mailings:start.action').count(), 0);
  });
}
