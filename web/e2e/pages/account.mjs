import { totp } from '../totp.mjs';

const section = ({ page, t }, key) => page.getByRole('region', { name: t(key), exact: true });

export async function chooseLanguage(person, language) {
  const { page, field, button } = person;
  await page.goto('/account');
  await field('account:profile.language').click();
  await page.getByRole('option', { name: language === 'ru' ? 'Русский' : 'English' }).click();
  await button('action.save').click();
}

/** Turns the second factor on and returns its secret and the recovery codes. */
export async function turnFactorOn(person, password) {
  const { page, t } = person;
  await page.goto('/account/security');
  const part = section(person, 'account:factor.title');
  await part.getByRole('button', { name: t('account:factor.begin') }).click();
  await part.getByLabel(t('account:password'), { exact: true }).fill(password);
  await part.getByRole('button', { name: t('account:factor.begin') }).click();
  const secret = await part.getByLabel(t('account:factor.secret'), { exact: true }).innerText();
  await part.getByLabel(t('account:factor.code')).fill(totp(secret));
  await part.getByRole('button', { name: t('account:factor.turnOn') }).click();
  const codes = await part.getByLabel(t('account:factor.codesTitle'), { exact: true }).innerText();
  await part.getByRole('button', { name: t('account:factor.codesKept') }).click();
  await part.getByText(t('account:factor.on'), { exact: true }).waitFor();
  return { secret, codes: codes.split('\n') };
}

/** Makes a key that may read, and returns it. */
export async function makeKey(person, name) {
  const { page, t, button, field } = person;
  await page.goto('/account/keys');
  await button('account:keys.new').click();
  await field('account:keys.name').fill(name);
  await button('account:keys.create').click();
  const dialog = page.getByRole('dialog');
  const key = await dialog.getByLabel(t('account:keys.title'), { exact: true }).innerText();
  await button('account:keys.shownDone').click();
  await dialog.waitFor({ state: 'detached' });
  return key;
}

export async function revokeKey({ page, t, text }, name) {
  await page.getByRole('button', { name: `${t('account:keys.revoke')}: ${name}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('account:keys.revoke') })
    .click();
  await text('account:keys.revoked').waitFor();
}

export async function endOtherSessions(person) {
  const { page, t, text } = person;
  await page.goto('/account/security');
  await section(person, 'account:sessions.title')
    .getByRole('button', { name: t('account:sessions.endAll'), exact: true })
    .click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('account:sessions.endAll') })
    .click();
  await text('account:sessions.ended').waitFor();
}
