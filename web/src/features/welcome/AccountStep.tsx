import { useEffect, useState } from 'react';
import { Alert, Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import type { Me } from '@/api/me';
import { ApiError } from '@/api/problem';
import { setupQuery } from '@/api/setup';
import type { Language } from '@/i18n';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { AnchorLink } from '@/ui/links';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, email, required } from '@/ui/validators';

/** The token of the link that brought somebody here, taken out of the address: it is not to stay in the history. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

export function AccountStep({ onDone }: { onDone: (me: Me) => void }) {
  const { t, i18n } = useTranslation('welcome');
  const [given] = useState(takeToken);
  const [linked, setLinked] = useState(given !== ''); // its token came with a link, and has not been refused
  const { data: setup } = useQuery(setupQuery);
  const form = useForm({
    initialValues: { email: '', password: '', token: given },
    validate: {
      email: all(email, atMost(254)),
      password: required,
      token: (value) => (setup?.token_needed ? required(value) : null),
    },
  });
  const { setFieldValue } = form;
  useEffect(() => {
    // The link, opened where this page is: no page is loaded for what stands behind the #.
    const follow = () => {
      const token = takeToken();
      if (token === '') return;
      setFieldValue('token', token);
      setLinked(true);
    };
    window.addEventListener('hashchange', follow);
    return () => {
      window.removeEventListener('hashchange', follow);
    };
  }, [setFieldValue]);
  const { onSubmit, pending, error } = useSubmit(form, async ({ email, password, token }) => {
    const { me } = await call(
      api.POST('/setup', {
        body: {
          email: email.trim(),
          password,
          language: i18n.language as Language,
          ...(token.trim() ? { token: token.trim() } : {}),
        },
      }),
    ).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 'setup_token_wrong') setLinked(false);
      throw error;
    });
    if (me) onDone(me);
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {error !== undefined && (
          <ErrorState
            error={error}
            words={{
              already_set_up: t('account.taken'),
              setup_token_wrong: t('account.tokenWrong'),
              tls_required: t('account.tls'),
            }}
          />
        )}
        <TextInput
          label={t('account.email')}
          description={t('account.emailHint')}
          type="email"
          autoComplete="username"
          autoFocus
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <PasswordField
          fresh
          label={t('account.password')}
          description={t('account.passwordHint')}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        {setup?.token_needed && !linked && (
          <>
            <Alert>{t('account.tokenWhy')}</Alert>
            <TextInput
              label={t('account.token')}
              autoComplete="off"
              key={form.key('token')}
              {...form.getInputProps('token')}
            />
          </>
        )}
        <Button type="submit" loading={pending}>
          {t('account.action')}
        </Button>
        <AnchorLink to="/sign-in" size="sm">
          {t('account.signIn')}
        </AnchorLink>
      </Stack>
    </form>
  );
}
