import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import * as auth from '../pages/auth.mjs';
import { nextPaint, rowsSeen, step, table, watchInteractions } from '../pages/clients.mjs';
import { until } from '../process.mjs';

const SIZE = 1_000_000;
const LIMIT = 200; // ms until the next paint: what counts as good

/** A file of that many clients, made while it is sent. */
function* file() {
  yield 'email,full_name,city\n';
  for (let at = 0; at < SIZE; at += 5_000)
    yield Array.from({ length: 5_000 }, (_, i) => {
      const n = String(at + i);
      return `client${n}@shop${String((at + i) % 977)}.example,Клиент ${n},Казань\n`;
    }).join('');
}

async function importMillion(system, { key }) {
  const began = Date.now();
  const answer = await fetch(`${system.base}/api/v1/clients/import`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'text/csv' },
    body: Readable.from(file(), { objectMode: false }),
    duplex: 'half',
  });
  assert.equal(answer.status, 202);
  const { id } = await answer.json();
  const { status, created } = await system.api({ key }, 'GET', `/imports/${id}`);
  assert.deepEqual({ status, created }, { status: 'finished', created: SIZE });
  console.log(`a million clients imported in ${String(Math.round((Date.now() - began) / 1000))} s`);
}

/** Goes through the table as a person does; every step waits for what it brings. */
export async function useTable(person) {
  const { page, t } = person;
  const scroller = table(person);
  await scroller.getByRole('checkbox').nth(3).waitFor();
  await watchInteractions(page);

  // By the wheel, and by keys, until thousands of rows have gone by: only those that are seen are drawn.
  await scroller.hover();
  for (let i = 0; i < 60; i++) {
    await page.mouse.wheel(0, 4_000);
    await page.evaluate(() => new Promise((done) => window.requestAnimationFrame(done)));
  }
  await step(page, 'keys');
  await scroller.focus();
  const before = (await rowsSeen(scroller)).first;
  for (let i = 0; i < 40; i++) await page.keyboard.press('PageDown', { delay: 30 });
  await page.keyboard.press('End');
  const far = await until('rows further down', async () => {
    await page.keyboard.press('PageDown', { delay: 30 });
    const seen = await rowsSeen(scroller);
    return seen.first > 4_000 && seen.first > before && seen;
  });
  assert.ok(far.drawn < 80, `${String(far.drawn)} rows are drawn`);

  // Back to the top at once, where pages are not kept any more.
  await step(page, 'home');
  await page.keyboard.press('Home');
  await until('the first rows again', async () => {
    const { first, absent } = await rowsSeen(scroller);
    return first <= 3 && absent === 0;
  });

  await step(page, 'choosing');
  for (const i of [1, 2, 3, 4, 5]) await scroller.getByRole('checkbox').nth(i).click();
  await page.getByText(t('clients:bulk.chosen_many', { formatted: '5' })).waitFor();
  await scroller.getByRole('checkbox').first().click();
  await scroller.getByRole('checkbox').first().click();

  await step(page, 'filter');
  await page
    .getByRole('combobox', { name: t('clients:mail.filter') })
    .or(page.getByRole('textbox', { name: t('clients:mail.filter') }))
    .first()
    .click();
  await page.getByRole('option', { name: t('clients:mail.on'), exact: true }).click();
  await page.waitForURL(/mail=on/);
  await scroller.getByRole('checkbox').nth(3).waitFor();

  await step(page, 'search');
  const search = page.getByRole('searchbox', { name: t('clients:search.clients') });
  await search.click();
  await page.keyboard.type('client999998@', { delay: 40 });
  await page.getByRole('button', { name: /^client999998@/ }).waitFor();
  await until('nobody else', async () => (await rowsSeen(scroller)).drawn === 2); // with the heading
  for (let i = 0; i < 8; i++) await page.keyboard.press('Backspace');
  await until('many again', async () => (await rowsSeen(scroller)).drawn > 10);
  return nextPaint(page);
}

/** How long the server takes for the searches of a person, in ms. */
async function searches(system, account) {
  const out = {};
  for (const query of [
    '',
    'q=c',
    'q=client1',
    'q=client55',
    'q=client999998',
    'q=nobody',
    'q=Клиент 77',
    'suppressed=true',
    'suppressed=false',
  ]) {
    const began = performance.now();
    await system.api(account, 'GET', `/clients?limit=100&${encodeURI(query)}`);
    out[query || 'all'] = Math.round(performance.now() - began);
  }
  return out;
}

export const millionJourneys = () => [
  {
    name: 'a million clients in the table answer within 200 ms',
    alone: true, // it measures times
    onlyByName: true,
    async run({ system, person, email }) {
      const account = await system.account(email('million'));
      await importMillion(system, account);
      console.log('searches, ms:', JSON.stringify(await searches(system, account)));
      const anna = await person('ru');
      await auth.signIn(anna, account);
      await anna.page.goto('/clients');
      const { count, inp, worst } = await useTable(anna);
      console.log(
        `interaction to next paint: ${String(inp)} ms, of ${String(count)}; the longest:`,
        JSON.stringify(worst),
      );
      assert.ok(count > 40, 'something is measured');
      assert.ok(inp < LIMIT, `${String(inp)} ms`);
    },
  },
];
