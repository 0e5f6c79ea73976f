// Whole journeys in Chromium, against a `vestnik up` of their own. `make e2e` runs them all; of some:
//
//   E2E='confirmed by its code' npm run e2e
//   E2E='a million' npm run e2e         imports a million clients first, so it takes minutes and runs by its name only
import { after } from 'node:test';
import { openStage } from './journey.mjs';
import { accessJourneys } from './journeys/access.mjs';
import { accountJourneys } from './journeys/account.mjs';
import { budgetJourneys } from './journeys/budget.mjs';
import { mailboxJourneys } from './journeys/mailbox.mjs';
import { mailingJourneys } from './journeys/mailing.mjs';
import { millionJourneys } from './journeys/million.mjs';
import { welcomeJourneys } from './journeys/welcome.mjs';

const stage = await openStage();
after(() => stage.close());

accountJourneys(stage);
accessJourneys(stage);
budgetJourneys(stage);
mailboxJourneys(stage);
mailingJourneys(stage);
millionJourneys(stage);
welcomeJourneys(stage);
