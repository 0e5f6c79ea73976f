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
}
