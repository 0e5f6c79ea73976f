import assert from 'node:assert/strict';
import * as auth from '../pages/auth.mjs';
import { makeAdmin } from '../pages/welcome.mjs';

export const welcomeJourneys = () => [
  {
    name: 'the first run',
    async run({ person, ownSystem }) {
      const system = await ownSystem(); // the first account is made once
      const anna = await person('ru', { baseURL: system.base });
      const other = await person('en', { baseURL: system.base, viewport: { width: 360, height: 740 } });
      const { page, button, title, text, field } = anna;
      for (const { refusals } of [anna, other]) refusals.add(409);
      const me = { email: 'anna@example.net', password: 'лошадь скрепка батарея' };

      await page.goto('/');
      await page.waitForURL('**/welcome');
      await text('welcome:account.tokenWhy').waitFor();
      await other.page.goto('/mailings');
      await other.title('welcome:account.title').waitFor();
      for (const [path, heading] of [
        ['/register', 'auth:register.title'],
        ['/sign-in', 'auth:signIn.title'],
      ]) {
        await other.page.goto(path);
        await other.title(heading).waitFor();
      }
      await other.page.goto('/welcome');
      await other.field('welcome:account.email').fill('boris@example.net');
      await other.field('welcome:account.password').fill(me.password);
      await other.field('welcome:account.token').fill('guessed');
      other.refusals.add(403);
      await other.button('welcome:account.action').click();
      await other.text('welcome:account.tokenWrong').waitFor();

      await page.goto(system.setup); // as pasted into the address of the page that asks for it
      await text('welcome:account.tokenWhy').waitFor({ state: 'detached' });
      assert.equal(new URL(page.url()).hash, '');
      await field('welcome:account.email').fill(me.email);
      await field('welcome:account.password').fill('password');
      anna.refusals.add(422);
      await button('welcome:account.action').click();
      await page.locator('[aria-invalid=true]').waitFor();
      await makeAdmin(anna, me);

      await other.button('welcome:account.action').click();
      await other.text('welcome:account.taken').waitFor();
      await other.page.goto('/welcome');
      await auth.isOut(other);

      await button('welcome:mail.action').click();
      await text('testMail.sent', { email: me.email }).waitFor();
      assert.match(await system.letter(me.email), /Уходит/);
      await button('welcome:next').click();
      await title('welcome:sample.title').waitFor();
      await page.reload();
      await title('welcome:sample.title').waitFor();
      await button('welcome:sample.action').click();
      await text('welcome:sample.done').waitFor();
      await page.reload(); // and once more: nothing is there twice
      await button('welcome:sample.action').click();
      await text('welcome:sample.done').waitFor();
      await button('welcome:sample.finish').click();
      await auth.isIn(anna);
      assert.equal(new URL(page.url()).pathname, '/');

      const count = (path) =>
        page.evaluate(async (url) => (await (await fetch(url)).json()).items, `/api/v1${path}?limit=500`);
      for (const [path, n] of [
        ['/lists', 1],
        ['/clients', 20],
        ['/messages', 1],
        ['/mailings', 1],
      ])
        assert.equal((await count(path)).length, n, path);
      assert.equal((await count('/mailings'))[0].status, 'draft');
      assert.equal((await count('/lists'))[0].clients, 20);

      // What is being written is seen as it will be sent, and mailed to its writer.
      const [{ id }] = await count('/messages');
      await page.goto(`/messages/${id}`);
      const subject = field('messages:subject.label');
      await subject.fill(
        'Для {{ client.full_name | upcase }}{% if client.attributes.city %} из города{% endif %}',
      );
      await page.getByText('Для АННА СМИРНОВА', { exact: true }).waitFor();
      await subject.fill('Для {{ client.full_name');
      await text('messages:preview.faulty').waitFor();
      await page.locator('[aria-invalid=true]').waitFor();
      await subject.fill('Проба {{ client.full_name }}');
      await page.getByText('Проба Анна Смирнова', { exact: true }).waitFor();
      await button('messages:test.open').click();
      await button('messages:test.send').click();
      await text('testMail.sent', { email: me.email }).waitFor();
      const mail = await system.mail(me.email);
      assert.deepEqual(
        mail.map(({ subject }) => subject),
        ['[Проверка] Проба Анна Смирнова', 'Почта «Вестника» доходит'],
      );
      assert.ok(await text('messages:unsaved').isVisible(), 'it was not saved for that');
    },
  },
];
