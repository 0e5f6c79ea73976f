/** Opens an account and stops where the code of the message is asked for. */
export async function register({ page, field, button, title }, { email, name, password }) {
  await page.goto('/register');
  await field('auth:field.email').fill(email);
  await field('auth:field.name').fill(name);
  await field('auth:field.password').fill(password);
  await button('auth:register.action').click();
  await title('auth:check.title').waitFor();
}

export async function enterPassword({ page, field, button }, { email, password }) {
  if (new URL(page.url(), 'http://none').pathname !== '/sign-in') await page.goto('/sign-in');
  await field('auth:field.email').fill(email);
  await field('auth:field.password').fill(password);
  await button('auth:signIn.action').click();
}

/** Signs in and waits for the frame of the application, in the person's language. */
export async function signIn(person, account) {
  const { page, language } = person;
  await enterPassword(person, account);
  await page.locator('#content').waitFor();
  if ((await page.locator('html').getAttribute('lang')) !== language) {
    // An account that was made from the shell has the language of nobody yet.
    const answer = await page.evaluate(
      (body) =>
        fetch('/api/v1/me', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body }).then(
          ({ status }) => status,
        ),
      JSON.stringify({ language }),
    );
    if (answer !== 200) throw new Error(`the language was not set: ${String(answer)}`);
    await page.reload();
  }
  await isIn(person);
}

export async function isIn({ button }) {
  await button('accountMenu').waitFor();
}

export async function isOut({ title, page }) {
  await title('auth:signIn.title').waitFor();
  await page.waitForURL('**/sign-in*');
}

export async function signOut(person) {
  await person.button('accountMenu').click();
  await person.page.getByRole('menuitem', { name: person.t('signOut') }).click();
  await isOut(person);
}

/** The link and the code of a message that asks to confirm an address. */
export function confirmation(html) {
  const link = /href="([^"]*\/verify#token=[\w-]+)"/.exec(html)?.[1];
  const code = />\s*(\d{6})\s*</.exec(html)?.[1];
  if (!link || !code) throw new Error(`no link or code in the message:\n${html}`);
  return { link, code };
}
