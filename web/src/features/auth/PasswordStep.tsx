import { Alert, Button, Divider, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { safeReturnPath } from '@/lib/returnPath';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { AnchorLink } from '@/ui/links';
import { useSubmit } from '@/ui/useSubmit';
import { email, required } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';
import { methodsQuery } from '@/api/methods';

interface Props {
  returnTo: string | undefined;
  /** Why the browser is here: it was sent back by the identity provider, or its session ended. A code of the contract. */
  providerError: string | undefined;
  onResult: (result: Schema<'LogInResult'>) => void;
}

const words = {
  session_ended: 'signIn.ended',
  oidc_denied: 'signIn.failed.denied',
  oidc_state: 'signIn.failed.late',
  oidc_unavailable: 'signIn.failed.away',
  oidc_email_unverified: 'signIn.failed.unverified',
  registration_closed: 'signIn.failed.closed',
  user_blocked: 'signIn.failed.blocked',
  tls_required: 'signIn.failed.tls',
  unavailable: 'signIn.failed.unavailable',
  too_many_tries: 'signIn.failed.limited',
} as const;

function wordsFor(code: string): (typeof words)[keyof typeof words] | 'signIn.oidcFailed' {
  return Object.hasOwn(words, code) ? words[code as keyof typeof words] : 'signIn.oidcFailed';
}

export function PasswordStep({ returnTo, providerError, onResult }: Props) {
  const { t } = useTranslation('auth');
  const { data: methods } = useQuery(methodsQuery);
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: { email, password: required },
  });
  const { onSubmit, pending, error } = useSubmit(form, async ({ email, password }) => {
    onResult(await call(api.POST('/auth/login', { body: { email: email.trim(), password } })));
  });
  const oidc = methods?.oidc;
  const withPassword = methods?.password ?? true;
  return (
    <>
      <AuthHeading title={t('signIn.title')} />
      <Stack>
        {providerError !== undefined && !error && <Alert color="red">{t(wordsFor(providerError))}</Alert>}
        {oidc && (
          <Button
            component="a"
            variant={withPassword ? 'default' : 'filled'}
            href={`${oidc.url}?return_to=${encodeURIComponent(safeReturnPath(returnTo))}`}
          >
            {t('signIn.oidc', { name: oidc.name })}
          </Button>
        )}
        {oidc && withPassword && <Divider label={t('signIn.or')} />}
        {withPassword ? (
          <form onSubmit={onSubmit} noValidate>
            <Stack>
              {error !== undefined && (
                <ErrorState error={error} words={{ invalid_credentials: t('signIn.wrong') }} />
              )}
              <TextInput
                label={t('field.email')}
                type="email"
                autoComplete="username"
                autoFocus
                key={form.key('email')}
                {...form.getInputProps('email')}
              />
              <PasswordField
                label={t('field.password')}
                key={form.key('password')}
                {...form.getInputProps('password')}
              />
              <Button type="submit" loading={pending}>
                {t('signIn.action')}
              </Button>
              <AnchorLink to="/forgot" size="sm">
                {t('signIn.forgot')}
              </AnchorLink>
            </Stack>
          </form>
        ) : (
          !oidc && <Alert>{t('signIn.noPassword')}</Alert>
        )}
        {methods?.registration && withPassword && (
          <Group gap={6}>
            <Text size="sm">{t('signIn.noAccount')}</Text>
            <AnchorLink to="/register" size="sm">
              {t('signIn.register')}
            </AnchorLink>
          </Group>
        )}
      </Stack>
    </>
  );
}
