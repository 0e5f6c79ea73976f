import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { openPerson, startBrowser } from './browser.mjs';
import { startSystem } from './system.mjs';

const shots = new URL('../screenshots/failed/', import.meta.url).pathname;
const only = process.env.E2E ?? '';
export const languages = ['en', 'ru'];

/** One system and one browser for all journeys of a run; each journey has people of its own. */
export async function openStage() {
  const system = await startSystem();
  try {
    const browser = await startBrowser();
    return {
      system,
      browser,
      async close() {
        await browser.close();
        await system.stop();
      },
    };
  } catch (error) {
    await system.stop();
    throw error;
  }
}

/**
 * A journey: `run({ system, person })`, where `person(language)` opens a browser of its own. It fails too for what any of
 * its people met that nobody should; then their screens are kept in web/screenshots/failed. One that takes minutes runs
 * `onlyByName`.
 */
export function journey(stage, name, run, { timeout = 240_000, onlyByName = false } = {}) {
  const skip = !name.includes(only) || (onlyByName && only === '');
  return test(name, { timeout, skip }, async () => {
    const people = [];
    const person = async (language, look) => {
      people.push(await openPerson(stage.browser, stage.system.base, language, look));
      return people.at(-1);
    };
    try {
      await run({ system: stage.system, person });
      assert.deepEqual(
        people.flatMap(({ faults }) => faults),
        [],
      );
    } catch (error) {
      await mkdir(shots, { recursive: true });
      for (const [i, { page, faults }] of people.entries()) {
        const path = `${shots}${name.replace(/[^\p{L}\d]+/gu, '-')}-${String(i + 1)}.png`;
        await page.screenshot({ path }).catch(() => undefined);
        console.error(`${name}: at ${page.url()}, screen in ${path}`, ...faults);
      }
      throw error;
    } finally {
      for (const { context } of people) await context.close();
    }
  });
}
