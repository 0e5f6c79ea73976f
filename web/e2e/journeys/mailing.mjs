import assert from 'node:assert/strict';
import { languages } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import * as mailings from '../pages/mailings.mjs';
import { until } from '../process.mjs';

const SIZE = 5_000;

export const mailingJourneys = () => languages.flatMap((language) => [whole(language), periodic(language)]);

const whole = (language) => ({
  name: `a mailing from the registration of its owner to its report, ${language}`,
  async run({ system, person, email, domain }) {
    const me = { email: email('owner'), name: 'Анна', password: 'лошадь скрепка батарея' };
    const shop = domain('shop');
    const anna = await person(language);
    await auth.register(anna, me);
    const { link } = auth.confirmation(await system.letter(me.email));
    await anna.page.goto(link);
    await anna.button('auth:verify.confirm').click();
    await anna.text('auth:verify.done').waitFor(); // or going on would take the click back
    await auth.signIn(anna, me);

    await mailings.importClients(anna, mailings.clientsFile(shop, SIZE), 'Казань');
    const subject = 'Открытие магазина';
    await mailings.writeMessage(anna, { subject, body: 'Ждём вас в субботу.' });
    const id = await mailings.schedule(anna, {
      name: 'Открытие',
      list: 'Казань',
      subject,
      at: mailings.ahead(20),
      zone: 'UTC',
    });
    const mailing = await anna.get(`/mailings/${id}`);
    // Nobody touches the page again: it is to show by itself that the mailing has started, and that it is over.
    await mailings.isFinished(anna);
    const { items } = await anna.get(`/mailings/${id}/attempts`);
    assert.equal(items.length, 1);
    const [{ audience, sent, due_at, started_at }] = items;
    assert.deepEqual({ audience, sent, due_at }, { audience: SIZE, sent: SIZE, due_at: mailing.start_at });
    assert.ok(Date.parse(started_at) >= Date.parse(due_at), 'it started when it was due');
    assert.deepEqual(await mailings.figures(anna), { sent: SIZE }, 'its page shows the report');

    const mail = await system.mail(`@${shop}`);
    assert.equal(mail.length, SIZE, 'one message for each client');
    assert.equal(new Set(mail.map(({ to }) => to[0])).size, SIZE, 'each to somebody else');
    assert.ok(mail.every((message) => message.subject === subject));
    await until('the reports to count it', async () => {
      await anna.page.goto('/reports');
      await anna.title('reports:title').waitFor();
      await anna.page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'));
      return (await mailings.figures(anna)).sent === SIZE;
    });
  },
});

const periodic = (language) => ({
  name: `a periodic mailing that a manager stops, ${language}`,
  async run({ system, person, email, domain }) {
    const owner = await system.account(email('owner'));
    const boss = await system.account(email('boss'), 'manager');
    const readers = domain('weekly');
    const anna = await person(language);
    await auth.signIn(anna, owner);
    await mailings.importClients(anna, mailings.clientsFile(readers, 3), 'Readers');
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
    assert.equal((await system.mail(`@${readers}`)).length, 3);

    const manager = await person(language);
    await auth.signIn(manager, boss);
    await mailings.disable(manager, { id, name: 'Weekly news' }, 'complaints about it');
    // The owner's page, which nobody touches, tells what happened and why.
    await anna.text('mailings:stopped.disabled').waitFor();
    await anna.page.getByText('complaints about it').waitFor();
    assert.equal(await anna.button('mailings:start.action').count(), 0);
  },
});
