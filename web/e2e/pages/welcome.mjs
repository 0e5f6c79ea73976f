/** Makes the administrator of a system that nobody has an account of. */
export async function makeAdmin({ field, button, title }, { email, password }) {
  await title('welcome:account.title').waitFor();
  await field('welcome:account.email').fill(email);
  await field('welcome:account.password').fill(password);
  await button('welcome:account.action').click();
  await title('welcome:mail.title').waitFor();
}
