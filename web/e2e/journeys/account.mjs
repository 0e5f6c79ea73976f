import assert from 'node:assert/strict';
import { languages } from '../journey.mjs';
import * as account from '../pages/account.mjs';
import * as auth from '../pages/auth.mjs';
import { totp } from '../totp.mjs';
import { words } from '../words.mjs';

export const accountJourneys = () => languages.flatMap((language) => [opening(language), code(language)]);

const opening = (language) => ({
  name: `an account from its opening on, ${language}`,
  async run({ system, person, email }) {
    const me = { email: email('anna'), name: 'Анна', password: 'лошадь скрепка батарея' };
    const anna = await person(language);
    await auth.register(anna, me);
    const { link } = auth.confirmation(await system.letter(me.email));
    await anna.page.goto(link);
    await anna.button('auth:verify.confirm').click();
    await anna.text('auth:verify.done').waitFor();
    assert.ok(!anna.page.url().includes('token'), 'the token is out of the address');
    await auth.isOut(anna);
    await auth.signIn(anna, me);
    await auth.signOut(anna);
    await auth.signIn(anna, me);

    const other = language === 'ru' ? 'en' : 'ru';
    await account.chooseLanguage(anna, other);
    await anna.page.getByRole('heading', { name: words(other)('account:title'), exact: true }).waitFor();
    anna.t = words(other);
    await anna.page.reload();
    await anna.title('account:title').waitFor();
    await account.chooseLanguage(anna, language);
    await anna.page.getByRole('heading', { name: words(language)('account:title'), exact: true }).waitFor();
    anna.t = words(language);

    const { secret, codes } = await account.turnFactorOn(anna, me.password);
    assert.ok(codes.length >= 8, 'recovery codes are shown');
    const elsewhere = await person(language);
    await auth.enterPassword(elsewhere, me);
    await elsewhere.title('auth:second.title').waitFor();
    await elsewhere.field('auth:field.code').fill('000000');
    await elsewhere.button('auth:second.action').click();
    await elsewhere.text('auth:second.wrong').waitFor();
    await elsewhere.field('auth:field.code').fill(totp(secret, 1));
    await elsewhere.button('auth:second.action').click();
    await auth.isIn(elsewhere);

    const key = await account.makeKey(anna, 'Витрина');
    const seen = await system.api({ key }, 'GET', '/me');
    assert.equal(seen.email, me.email);
    await account.revokeKey(anna, 'Витрина');
    await assert.rejects(system.api({ key }, 'GET', '/me'), /401/);

    await account.endOtherSessions(anna);
    await elsewhere.page.goto('/account');
    await auth.isOut(elsewhere);
    await anna.page.reload();
    await auth.isIn(anna);
  },
});

const code = (language) => ({
  name: `an address confirmed by its code, ${language}`,
  async run({ system, person, email }) {
    const me = { email: email('boris'), name: '', password: 'лошадь скрепка батарея' };
    const boris = await person(language);
    boris.refusals.add(422); // the wrong code below
    await auth.register(boris, me);
    const { code } = auth.confirmation(await system.letter(me.email));
    await boris.field('auth:field.code').fill(code === '123456' ? '654321' : '123456');
    await boris.button('auth:check.action').click();
    await boris.text('auth:check.wrong').waitFor();
    await boris.field('auth:field.code').fill(code);
    await boris.button('auth:check.action').click();
    await boris.text('auth:verify.done').waitFor();
    await auth.isOut(boris);
    await auth.signIn(boris, me);
    assert.equal(await boris.text('banner.confirm.title').count(), 0);
  },
});
