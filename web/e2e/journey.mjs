import { mkdir } from 'node:fs/promises';
import { openPerson, startBrowser } from './browser.mjs';
import { startSystem, stopSystems } from './system.mjs';

const shots = new URL('../screenshots/failed/', import.meta.url).pathname;
const LIMIT = 900_000; // of a journey; machines of CI are slow
export const languages = ['en', 'ru'];

/** One system and one browser for a run. A signal ends both, and all systems besides, before it ends the run. */
export async function openStage() {
  const stage = {
    async close() {
      await stage.browser?.close().catch(() => undefined);
      await stopSystems();
    },
  };
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.once(signal, () => {
      console.error(`${signal}: stopping`);
      stage.interrupted = true;
      void stage.close().finally(() => process.exit(128 + number));
    });
  }
  try {
    [stage.system, stage.browser] = await Promise.all([startSystem(), startBrowser()]);
    await stage.system.account('first@example.org', 'admin'); // or everybody would be asked to make the first account
    return stage;
  } catch (error) {
    if (stage.interrupted) await new Promise(() => undefined); // the signal ends the run
    await stage.close();
    throw error;
  }
}

/**
 * A journey is `{ name, run, alone, onlyByName }`. `run({ system, person, email, domain, ownSystem })` makes it: `person(language)` opens
 * a browser of its own, `email('anna')` and `domain('shop')` are addresses that no other journey has, `ownSystem(options)`
 * starts a system for this journey alone. It fails for what any of its people met that nobody should as well.
 */
async function attempt(stage, { name, run }, number) {
  const people = [];
  const systems = [stage.system];
  const ownSystem = async (options) => {
    systems.push(await startSystem(options));
    return systems.at(-1);
  };
  const person = async (language, look) => {
    people.push(await openPerson(stage.browser, stage.system.base, language, look));
    return people.at(-1);
  };
  const domain = (of) => `${of}-${String(number)}.example`;
  const email = (of) => `${of}@${domain('people')}`;
  let late;
  try {
    const limit = new Promise((_, reject) => {
      late = setTimeout(() => reject(new Error(`not over after ${String(LIMIT / 1000)} s`)), LIMIT);
    });
    await Promise.race([run({ system: stage.system, person, email, domain, ownSystem }), limit]);
    const faults = people.flatMap((one) => one.faults);
    if (faults.length > 0) throw new Error('somebody met what nobody should');
  } catch (error) {
    if (!stage.interrupted) await report(name, error, people, systems, number);
    throw error;
  } finally {
    clearTimeout(late);
    for (const { context } of people) await context.close().catch(() => undefined);
    for (const own of systems.slice(1)) await own.stop();
  }
}

async function report(name, error, people, systems, number) {
  await mkdir(shots, { recursive: true });
  const lines = [`\n!! ${name}\n`, error.stack ?? String(error)];
  for (const [i, { page, faults }] of people.entries()) {
    const path = `${shots}${name.replace(/[^\p{L}\d]+/gu, '-')}-${String(number)}-${String(i + 1)}.png`;
    const taken = await page.screenshot({ path, timeout: 30_000 }).then(
      () => path,
      (fault) => `none: ${fault.message}`,
    );
    lines.push(`-- at ${page.url()}, screen: ${taken}`, ...faults);
  }
  lines.push('-- the last that Vestnik said', ...systems.flatMap((one) => one.log().slice(-20)), '');
  console.error(lines.join('\n'));
}

/**
 * Makes the journeys, so many at a time and those that are to be `alone` at last, one after the other. One that fails is
 * made a second time: a machine may have been too busy, and the last line says so. Returns whether all got through.
 */
export async function makeJourneys(stage, all, lanes) {
  const began = Date.now();
  const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
  const failed = [];
  let number = 0;
  let retried = 0;
  const make = async (journey) => {
    for (const last of [false, true]) {
      const start = Date.now();
      try {
        await attempt(stage, journey, ++number);
        console.log(`ok   ${journey.name} (${seconds(start)}${last ? ', the second time' : ''})`);
        if (last) retried++;
        return;
      } catch {
        if (stage.interrupted) return;
        console.log(`${last ? 'FAIL' : 'FAIL, once more:'} ${journey.name} (${seconds(start)})`);
      }
    }
    failed.push(journey.name);
  };
  const inLanes = async (journeys, count) => {
    const rest = [...journeys];
    const lane = async () => {
      for (let next = rest.shift(); next && !stage.interrupted; next = rest.shift()) await make(next);
    };
    await Promise.all(Array.from({ length: count }, lane));
  };
  await inLanes(
    all.filter(({ alone }) => !alone),
    lanes,
  );
  await inLanes(
    all.filter(({ alone }) => alone),
    1,
  );
  if (stage.interrupted) await new Promise(() => undefined);
  const passed = all.length - failed.length;
  const after = retried > 0 ? `, ${String(retried)} after a retry` : '';
  for (const name of failed) console.log(`FAILED: ${name}`);
  console.log(`${String(passed)} of ${String(all.length)} journeys passed${after}, in ${seconds(began)}`);
  return failed.length === 0;
}
