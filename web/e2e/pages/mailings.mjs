/** 5,000 made-up clients as a file, by default. */
export function clientsFile(domain, count = 5_000) {
  const rows = Array.from({ length: count }, (_, i) => `c${String(i)}@${domain},Клиент ${String(i)},Казань`);
  return Buffer.from(['email,full_name,city', ...rows].join('\n'));
}

/** Imports a file into a new list, and waits for the result. */
export async function importClients({ page, t, button, field, text }, file, list) {
  await page.goto('/imports');
  await page.getByText(t('imports:drop.title')).waitFor();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer: file });
  await button('imports:list.new').click();
  await field('imports:list.name').fill(list);
  await button('imports:list.create').click();
  await button('imports:list.create').waitFor({ state: 'detached' });
  await button('imports:start.action', { name: 'clients.csv' }).click();
  await text('imports:result.finished').waitFor();
}

export async function writeMessage({ page, t, button, field }, { subject, body }) {
  await page.goto('/messages/new');
  await field('messages:subject.label').fill(subject);
  const editor = page.getByRole('textbox', { name: t('messages:rich.label'), exact: true });
  await editor.click();
  await page.keyboard.type(body);
  await button('action.save').click();
  await page.waitForURL(/\/messages\/[0-9a-f-]{36}$/);
}

/** Fills the form of a new mailing in and saves it; `at` is local to `zone`, as a field of the browser has it. */
export async function schedule(person, { name, list, subject, at, zone, periodicity = 'once' }) {
  const { page, t, field } = person;
  await page.goto('/mailings/new');
  await page.getByLabel(t('mailings:name.label')).fill(name);
  await field('mailings:who.lists').click();
  await page.getByRole('option', { name: new RegExp(`^${list} \\(`) }).click();
  await page.keyboard.press('Escape');
  await choose(person, 'mailings:what.message', subject);
  await page.getByRole('radio', { name: t('mailings:when.at') }).check();
  await choose(person, 'mailings:when.zone', zone);
  await field('mailings:when.start').fill(at());
  await choose(person, 'mailings:when.periodicity', t(`periodicity.${periodicity}`));
  const words = t('mailings:summary.schedule', { at: '' }).trim();
  await page.getByRole('button', { name: new RegExp(`^${words}`) }).click();
  await page.waitForURL(/\/mailings\/[0-9a-f-]{36}$/);
  return page.url().split('/').at(-1);
}

async function choose({ page, t }, key, option) {
  const box = page
    .getByRole('combobox', { name: t(key) })
    .or(page.getByRole('textbox', { name: t(key) }))
    .first();
  await box.click();
  if (await box.isEditable()) await box.fill(option);
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** The moment that many seconds ahead, as a field of date and time has it, in UTC. */
export const ahead = (seconds) => () => new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19);

/** Disables a mailing of somebody else's. */
export async function disable({ page, t, button, text }, { id, name }, reason) {
  await page.goto(`/mailings/${id}`);
  await button('mailings:more', { name }).click();
  await page.getByRole('menuitem', { name: t('mailings:disable.action') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(reason);
  await dialog.getByRole('button', { name: t('mailings:disable.action') }).click();
  await text('mailings:disable.done', { name }).waitFor();
}

/**
 * What the bar of a page says of its recipients, by outcome: `{ sent: 12, failed: 1 }`. Outcomes that nobody has are left
 * out, and so is everything while there is no bar.
 */
export async function figures({ page, t }) {
  const bar = page.getByRole('img', { name: t('outcomeBar') }).first();
  const text = (await bar.count()) > 0 ? await bar.getAttribute('aria-label') : '';
  const found = {};
  for (const outcome of ['sent', 'failed', 'deferred', 'unknown', 'skipped', 'expired']) {
    const [before, after] = t('outcomeCount', { name: t(`outcome.${outcome}`), count: '#' }).split('#');
    const start = text.indexOf(before);
    if (start < 0) continue;
    const digits = /^[\d,\s]*\d/.exec(text.slice(start + before.length) + after)?.[0] ?? '';
    found[outcome] = Number(digits.replace(/\D/g, ''));
  }
  return found;
}

/** Waits until the page of a mailing tells that it is over; nobody touches the page. */
export async function isFinished({ page, t }) {
  const status = page.getByText(t('mailingStatus.finished'), { exact: true });
  await status.first().waitFor({ timeout: 600_000 });
}
