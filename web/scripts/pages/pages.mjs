import { contentPages } from './content.mjs';
import { sendingPages } from './sending-pages.mjs';
// The pages that are looked at. `me` is a role of api.mjs, null for nobody; `act` brings the page into its state.
const submit = (page) => page.locator('form button[type=submit]').first().click();
const fill = (page, name, value) => page.locator(`form input[autocomplete="${name}"]`).first().fill(value);

export const pages = [
  { name: 'sign-in', path: '/sign-in', me: null, budget: true },
  {
    name: 'sign-in-guard',
    path: '/mailings?status=running',
    me: null,
    act: async (page) => {
      if (!page.url().includes('/sign-in?return_to=')) throw new Error(`not sent to sign in: ${page.url()}`);
      await submit(page);
    },
  },
  {
    name: 'sign-in-wrong',
    path: '/sign-in',
    me: null,
    act: async (page) => {
      await fill(page, 'username', 'anna@example.org');
      await fill(page, 'current-password', 'wrong');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'second-step',
    path: '/sign-in',
    me: null,
    act: async (page) => {
      await fill(page, 'username', 'anna@example.org');
      await fill(page, 'current-password', 'right');
      await submit(page);
      await page.locator('input[autocomplete="one-time-code"]').waitFor();
    },
  },
  { name: 'register', path: '/register', me: null },
  { name: 'check-mail', path: '/check-mail?email=anna%40example.org', me: null },
  {
    name: 'verify-used',
    path: '/verify#token=abc',
    me: null,
    act: async (page) => {
      await page.getByRole('alert').waitFor();
      if (page.url().includes('token')) throw new Error('the token stays in the address');
    },
  },
  {
    name: 'forgot',
    path: '/forgot',
    me: null,
    act: async (page) => {
      await fill(page, 'username', 'anna@example.org');
      await submit(page);
      await page.locator('form').waitFor({ state: 'detached' });
    },
  },
  { name: 'reset', path: '/reset#token=abc', me: null },
  { name: 'not-found', path: '/nothing/here' },
  { name: 'account', path: '/account', me: 'leaving' },
  {
    name: 'account-deletion',
    path: '/account',
    act: async (page) => {
      await page.locator('#deletion button').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'account-security',
    path: '/account/security',
    me: 'guarded',
    act: async (page) => {
      await page.locator('input[autocomplete="current-password"]').first().fill('a');
      await page.locator('input[autocomplete="new-password"]').first().fill('b');
      await submit(page);
      await page.locator('[aria-invalid="true"]').first().waitFor();
    },
  },
  {
    name: 'account-factor',
    path: '/account/security',
    act: async (page) => {
      await page.locator('section').nth(1).getByRole('button').click();
      await page.locator('section').nth(1).locator('input[type=password]').fill('right');
      await page.locator('section').nth(1).locator('button[type=submit]').click();
      await page.locator('input[autocomplete="one-time-code"]').waitFor();
    },
  },
  { name: 'account-keys', path: '/account/keys' },
  { name: 'account-keys-none', path: '/account/keys', me: 'fresh' },
  {
    name: 'account-key-new',
    path: '/account/keys',
    act: async (page) => {
      await page.locator('section .mantine-Button-root').first().click();
      await page.locator('section form input').first().fill('Витрина');
      await submit(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  ...contentPages,
  ...sendingPages,
];
