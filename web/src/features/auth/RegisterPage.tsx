import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import type { Language } from '@/i18n';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { AnchorLink } from '@/ui/links';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, email, required } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';
import { methodsQuery } from '@/api/methods';

export function RegisterPage() {
  const { t, i18n } = useTranslation('auth');
  const navigate = useNavigate();
  const { data: methods } = useQuery(methodsQuery);
  const form = useForm({
    initialValues: { email: '', name: '', password: '' },
    validate: { email: all(email, atMost(254)), name: atMost(200), password: required },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const address = values.email.trim();
    await done(
      api.POST('/auth/register', {
        body: { ...values, email: address, name: values.name.trim(), language: i18n.language as Language },
      }),
    );
    await navigate({ to: '/check-mail', search: { email: address } });
  });
  return (
    <>
      <AuthHeading title={t('register.title')} />
      <Stack>
        {methods?.registration === false ? (
          <Alert>{t('register.closed')}</Alert>
        ) : (
          <form onSubmit={onSubmit} noValidate>
            <Stack>
              {error !== undefined && <ErrorState error={error} />}
              <TextInput
                label={t('field.email')}
                type="email"
                autoComplete="username"
                autoFocus
                key={form.key('email')}
                {...form.getInputProps('email')}
              />
              <TextInput
                label={t('field.name')}
                description={t('field.nameHint')}
                autoComplete="name"
                key={form.key('name')}
                {...form.getInputProps('name')}
              />
              <PasswordField
                fresh
                label={t('field.password')}
                description={t('field.newPasswordHint')}
                key={form.key('password')}
                {...form.getInputProps('password')}
              />
              <Button type="submit" loading={pending}>
                {t('register.action')}
              </Button>
            </Stack>
          </form>
        )}
        <Group gap={6}>
          <Text size="sm">{t('register.hasAccount')}</Text>
          <AnchorLink to="/sign-in" size="sm">
            {t('register.toSignIn')}
          </AnchorLink>
        </Group>
      </Stack>
    </>
  );
}
