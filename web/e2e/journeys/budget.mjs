import assert from 'node:assert/strict';
import * as auth from '../pages/auth.mjs';

const BUDGET = 350; // KB: scripts, styles and data as they travel packed, without fonts and headers

/** Opens a page with an empty cache and returns how much came for it. */
async function firstLoad({ context, page }, path) {
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setExtraHTTPHeaders', { headers: { 'Accept-Encoding': 'gzip' } });
  await client.send('Network.clearBrowserCache');
  const urls = new Map();
  const sizes = new Map();
  client.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
  client.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const url = urls.get(requestId);
    if (url && !url.endsWith('.woff2')) sizes.set(url, (sizes.get(url) ?? 0) + encodedDataLength);
  });
  await page.goto(path, { waitUntil: 'load' });
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root'));
  await client.detach();
  return {
    kb: Math.round([...sizes.values()].reduce((sum, size) => sum + size, 0) / 1024),
    largest: [...sizes].sort(([, a], [, b]) => b - a).slice(0, 12),
  };
}

export const budgetJourneys = () => [
  {
    name: 'the first load stays within its budget',
    async run({ system, person, email }) {
      const account = await system.account(email('light'));
      const anna = await person('ru');
      const signIn = await firstLoad(anna, '/sign-in');
      await auth.signIn(anna, account);
      const dashboard = await firstLoad(anna, '/');
      for (const [name, { kb, largest }] of Object.entries({ signIn, dashboard })) {
        console.log(`first load of ${name}: ${String(kb)} KB`);
        assert.ok(kb > 50, 'something is measured');
        assert.ok(
          kb <= BUDGET,
          `${name}: ${String(kb)} KB\n${largest.map((line) => line.join(' ')).join('\n')}`,
        );
      }
    },
  },
];
