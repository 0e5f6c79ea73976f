import assert from 'node:assert/strict';
import { languages } from '../journey.mjs';
import * as auth from '../pages/auth.mjs';
import * as mailings from '../pages/mailings.mjs';
import { until } from '../process.mjs';

const SIZE = 1_500; // of each mailing
const WORKERS = 4;
const WINDOW = 50; // of each chunk that a sender is sending, so many become unknown at most: docs/architecture.md

export const recoveryJourneys = () => [
  {
    name: 'a sender is killed while mailings are watched, en and ru',
    async run({ person, domain, ownSystem }) {
      const system = await ownSystem({
        senders: 2,
        rate: 150, // slow enough to be killed midway
        settings: { VESTNIK_LEASE: '5s', VESTNIK_WORKERS: String(WORKERS) },
      });
      const watched = await Promise.all(
        languages.map((language) => begin({ system, person, domain }, language)),
      );
      const midway = await Promise.all(
        watched.map(({ somebody }) =>
          until('a mailing to be midway', async () => {
            const { sent } = await mailings.figures(somebody);
            return sent > SIZE / 10 && sent;
          }),
        ),
      );
      await system.senders[0].kill();
      for (const sent of midway) assert.ok(sent < SIZE, 'it was killed midway');
      await Promise.all(watched.map((one) => isWhole(system, one)));
    },
  },
];

/** Somebody starts a mailing and stays on its page. */
async function begin({ system, person, domain }, language) {
  const owner = await system.account(`owner@${language}.example`);
  const at = domain(`clients-${language}`);
  const somebody = await person(language, { baseURL: system.base });
  await auth.signIn(somebody, owner);
  const list = await system.api(owner, 'POST', '/lists', { name: 'Казань' });
  await system.upload(owner, `/clients/import?list_id=${list.id}`, mailings.clientsFile(at, SIZE));
  const subject = 'Открытие';
  const message = await system.api(owner, 'POST', '/messages', { subject, html: '<p>Ждём вас.</p>' });
  const body = { name: subject, message_id: message.id, list_ids: [list.id] };
  const { id } = await system.api(owner, 'POST', '/mailings', body);
  await somebody.page.goto(`/mailings/${id}`);
  return { somebody, owner, at, id };
}

/** The page tells by itself that it is over, and what it tells is what the mailbox got. */
async function isWhole(system, { somebody, owner, at, id }) {
  await mailings.isFinished(somebody);
  const [attempt] = (await system.api(owner, 'GET', `/mailings/${id}/attempts`)).items;
  const { audience, sent, unknown } = attempt;
  assert.equal(audience, SIZE);
  assert.equal(sent + unknown, SIZE, 'everybody is sent to or unknown');
  assert.ok(unknown <= WORKERS * WINDOW, `${String(unknown)} unknown`);
  const { sent: shown, unknown: shownUnknown = 0 } = await mailings.figures(somebody);
  assert.deepEqual([shown, shownUnknown], [sent, unknown], 'the page shows the report');
  const got = (await system.mail(`@${at}`)).map(({ to }) => to[0]);
  assert.equal(new Set(got).size, got.length, 'nobody got two');
  assert.ok(got.length >= sent && got.length <= sent + unknown, `${String(got.length)} got one`);
  const deliveries = await system.api(
    owner,
    'GET',
    `/attempts/${attempt.id}/deliveries?outcome=sent&limit=500`,
  );
  const all = new Set(got);
  for (const { email } of deliveries.items) assert.ok(all.has(email), `${email} is sent to and got nothing`);
}
