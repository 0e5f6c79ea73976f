import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw, problem, server, someone } from '@/test/render';
import { PasswordSection } from './PasswordSection';
import { SecondFactorSection } from './SecondFactorSection';
import { deviceOf } from './userAgent';

test('a field that the server refuses is marked', async () => {
  const calls = server(() =>
    problem(422, 'validation_failed', [{ field: 'password', message: 'is not the password' }]),
  );
  await draw(<PasswordSection />, { namespaces: ['account'] });
  await userEvent.type(screen.getByLabelText('Current password'), 'wrong');
  await userEvent.type(screen.getByLabelText('New password'), 'a much better one');
  await userEvent.click(screen.getByRole('button', { name: 'Change the password' }));
  expect(await screen.findByText('Is not the password')).toBeInTheDocument();
  expect(screen.getByLabelText('Current password')).toHaveAttribute('aria-invalid', 'true');
  expect(calls).toEqual([
    { method: 'POST', path: '/me/password', body: { password: 'wrong', new_password: 'a much better one' } },
  ]);
});

test('what is missing is said before anything is sent', async () => {
  const calls = server(() => undefined);
  await draw(<PasswordSection />, { namespaces: ['account'], language: 'ru' });
  await userEvent.click(screen.getByRole('button', { name: 'Сменить пароль' }));
  expect(screen.getAllByText('Заполните это поле')).toHaveLength(2);
  expect(calls).toEqual([]);
});

test('an account without a password is asked for none', async () => {
  const calls = server(() => undefined);
  await draw(<PasswordSection />, { namespaces: ['account'], me: { ...someone, has_password: false } });
  expect(screen.queryByLabelText('Current password')).toBeNull();
  await userEvent.type(screen.getByLabelText('New password'), 'a much better one');
  await userEvent.click(screen.getByRole('button', { name: 'Set a password' }));
  await waitFor(() => {
    expect(calls[0]?.body).toEqual({ new_password: 'a much better one' });
  });
});

test('the second factor goes from the password to the recovery codes', async () => {
  server((_method, path) => {
    if (path === '/me/second-factor')
      return { secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP' };
    if (path === '/me/second-factor/confirm') return { codes: ['one-1', 'two-2'] };
    return { ...someone, second_factor: true };
  });
  await draw(<SecondFactorSection />, { namespaces: ['account'] });
  await userEvent.click(screen.getByRole('button', { name: 'Set it up' }));
  await userEvent.type(screen.getByLabelText('Password'), 'right');
  await userEvent.click(screen.getByRole('button', { name: 'Set it up' }));
  expect(await screen.findByRole('img', { name: 'QR code with the secret' })).toBeInTheDocument();
  await userEvent.type(screen.getByLabelText('Code of the authenticator'), '123456');
  await userEvent.click(screen.getByRole('button', { name: 'Turn it on' }));
  expect(await screen.findByText(/one-1\s+two-2/)).toBeInTheDocument();
});

test('new recovery codes take the password and a code', async () => {
  const calls = server(() => ({ codes: ['one-1'] }));
  await draw(<SecondFactorSection />, { namespaces: ['account'], me: { ...someone, second_factor: true } });
  await userEvent.click(screen.getByRole('button', { name: 'New recovery codes' }));
  await userEvent.type(screen.getByLabelText('Password'), 'right');
  await userEvent.type(screen.getByLabelText('Code of the authenticator, or a recovery code'), ' 123456 ');
  await userEvent.click(screen.getByRole('button', { name: 'New recovery codes' }));
  expect(await screen.findByText('one-1')).toBeInTheDocument();
  expect(calls[0]?.body).toEqual({ password: 'right', code: '123456' });
});

test('browsers are known again', () => {
  expect(deviceOf('Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0')).toEqual({
    browser: 'Firefox',
    system: 'Linux',
  });
  expect(deviceOf('curl/8.9')).toBeUndefined();
});
