// The pages about sending. `live` pages hold a stream open, so their network never rests.
const id = (n) => `0199a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const open = (page, name) => page.getByRole('button', { name }).first().click();

export const sendingPages = [
  { name: 'dashboard', path: '/', live: true, budget: true },
  { name: 'dashboard-none', path: '/', me: 'fresh' },
  { name: 'dashboard-manager', path: '/', me: 'manager', live: true },
  { name: 'mailings', path: '/mailings' },
  { name: 'mailings-manager', path: '/mailings', me: 'manager' },
  { name: 'mailings-admin', path: '/mailings?owner=all', me: 'admin' },
  { name: 'mailing-running', path: `/mailings/${id(1)}`, live: true },
  { name: 'mailing-paused', path: `/mailings/${id(4)}` },
  { name: 'mailing-manager', path: `/mailings/${id(1)}`, me: 'manager', live: true },
  {
    name: 'mailing-disable',
    path: `/mailings/${id(1)}`,
    me: 'manager',
    live: true,
    act: async (page) => {
      await open(page, /More about|Ещё о рассылке/);
      await page.getByRole('menuitem').first().click();
      await page.getByRole('dialog').locator('button[type=submit]').click();
      await page.locator('[aria-invalid="true"]').waitFor();
    },
  },
  { name: 'mailing-new', path: '/mailings/new' },
  {
    name: 'mailing-new-faults',
    path: '/mailings/new',
    act: async (page) => {
      await page.locator('button[type=submit]:enabled').first().click();
      await page.locator('[aria-invalid="true"]').first().waitFor();
    },
  },
  {
    name: 'mailing-edit-stale',
    path: `/mailings/${id(3)}/edit`,
    act: async (page) => {
      await page.locator('form input').first().fill('Напоминание');
      await page.locator('button[type=submit]:enabled').first().click();
      await page.locator('form [role=alert]').waitFor();
    },
  },
  {
    name: 'mailing-edit-running',
    path: `/mailings/${id(1)}/edit`,
    act: async (page) => {
      await page.locator('input[type=datetime-local]').last().fill('2027-03-01T09:00');
      await page.locator('button[type=submit]:enabled').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'attempts', path: '/attempts' },
  { name: 'attempt-running', path: `/attempts/${id(101)}`, live: true },
  { name: 'attempt-failed', path: `/attempts/${id(102)}?outcome=failed` },
  {
    name: 'attempt-delivery',
    path: `/attempts/${id(102)}?client=${id(503)}`,
    act: (page) => page.getByRole('dialog').waitFor(),
  },
  {
    name: 'attempt-resend',
    path: `/attempts/${id(102)}`,
    act: async (page) => {
      await open(page, /Send again|Отправить ещё раз/);
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'reports', path: '/reports' },
  { name: 'users', path: '/users', me: 'manager' },
  {
    name: 'users-menu',
    path: '/users',
    me: 'admin',
    act: async (page) => {
      await open(page, /user\.31/);
      await page.getByRole('menu').waitFor();
    },
  },
  { name: 'providers', path: '/providers', me: 'admin' },
  { name: 'audit', path: '/audit', me: 'admin' },
  {
    name: 'audit-entry',
    path: '/audit',
    me: 'admin',
    act: async (page) => {
      await page.locator('[role=row] button').nth(1).click();
      await page.getByRole('dialog').waitFor();
    },
  },
];
