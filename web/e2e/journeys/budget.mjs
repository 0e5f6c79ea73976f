import assert from 'node:assert/strict';
import * as auth from '../pages/auth.mjs';

const BUDGET = 350; // KB over the wire: all that came, packed with gzip, with the headers of the answers, but for fonts

/** Opens a page with an empty cache and returns how much came for it. */
async function firstLoad({ context, page }, path) {
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setExtraHTTPHeaders', { headers: { 'Accept-Encoding': 'gzip' } });
  await client.send('Network.clearBrowserCache');
  const urls = new Map();
  const arrived = new Map();
  const whole = new Set();
  client.on('Network.responseReceived', ({ requestId, response }) => {
    urls.set(requestId, response.url);
    if (!arrived.has(requestId)) arrived.set(requestId, response.encodedDataLength); // its headers
  });
  client.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (!whole.has(requestId)) arrived.set(requestId, (arrived.get(requestId) ?? 0) + encodedDataLength);
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    whole.add(requestId);
    arrived.set(requestId, encodedDataLength); // of streams it never comes
  });
  await page.goto(path, { waitUntil: 'load' });
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .mantine-Skeleton-root'));
  await client.detach();
  const sizes = [...arrived].filter(([id]) => urls.has(id)).map(([id, size]) => [urls.get(id), size]);
  const isFont = ([url]) => url.endsWith('.woff2');
  const sum = (some) => Math.round(some.reduce((all, [, size]) => all + size, 0) / 1024);
  const counted = sizes.filter((one) => !isFont(one));
  return {
    kb: sum(counted),
    fonts: sum(sizes.filter(isFont)),
    requests: counted.length,
    largest: counted.sort(([, a], [, b]) => b - a).slice(0, 12),
  };
}

export const budgetJourneys = () => [
  {
    name: 'budget: the first load of sign-in and overview',
    async run({ system, person, email }) {
      const account = await system.account(email('light'));
      const anna = await person('ru');
      const signIn = await firstLoad(anna, '/sign-in');
      await auth.signIn(anna, account);
      await system.api(account, 'POST', '/clients', { email: 'client@shop.example' });
      const dashboard = await firstLoad(anna, '/');
      for (const [name, { kb, fonts, requests, largest }] of Object.entries({ signIn, dashboard })) {
        console.log(
          `first load of ${name}: ${String(kb)} of ${String(BUDGET)} KB in ${String(requests)} answers, and ${String(fonts)} KB of fonts`,
        );
        assert.ok(kb > 50, 'something is measured');
        assert.ok(
          kb <= BUDGET,
          `${name}: ${String(kb)} KB\n${largest.map((line) => line.join(' ')).join('\n')}`,
        );
      }
    },
  },
];
