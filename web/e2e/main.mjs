// Whole journeys in Chromium, against a `vestnik up` of their own. `make e2e` makes them all; some of them:
//
//   make e2e E2E='confirmed by its code'
//   make e2e E2E='a million'    imports a million clients first: it is made by its name only
//   E2E_LANES=1    one at a time; otherwise three
import { makeJourneys, openStage } from './journey.mjs';
import { accessJourneys } from './journeys/access.mjs';
import { accountJourneys } from './journeys/account.mjs';
import { budgetJourneys } from './journeys/budget.mjs';
import { mailboxJourneys } from './journeys/mailbox.mjs';
import { mailingJourneys } from './journeys/mailing.mjs';
import { millionJourneys } from './journeys/million.mjs';
import { recoveryJourneys } from './journeys/recovery.mjs';
import { welcomeJourneys } from './journeys/welcome.mjs';

// Those that wait longest come first.
const all = [
  mailingJourneys,
  recoveryJourneys,
  millionJourneys,
  welcomeJourneys,
  accountJourneys,
  accessJourneys,
  mailboxJourneys,
  budgetJourneys,
].flatMap((of) => of());
const part = process.env.E2E ?? '';
const chosen = all.filter(({ name, onlyByName }) => name.includes(part) && (part !== '' || !onlyByName));
if (chosen.length === 0) throw new Error(`no journey is named ${process.env.E2E}`);

const stage = await openStage();
try {
  if (!(await makeJourneys(stage, chosen, Number(process.env.E2E_LANES ?? 3)))) process.exitCode = 1;
} finally {
  await stage.close();
}
