import { useState } from 'react';
import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { AnchorLink } from '@/ui/links';
import { useSubmit } from '@/ui/useSubmit';
import { email } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';

export function ForgotPage() {
  const { t } = useTranslation('auth');
  const [sentTo, setSentTo] = useState<string>();
  const form = useForm({ initialValues: { email: '' }, validate: { email } });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const address = values.email.trim();
    await done(api.POST('/auth/password/forgot', { body: { email: address } }));
    setSentTo(address);
  });
  const back = (
    <AnchorLink to="/sign-in" size="sm">
      {t('forgot.back')}
    </AnchorLink>
  );
  if (sentTo !== undefined) {
    return (
      <>
        <AuthHeading title={t('forgot.sentTitle')}>{t('forgot.sent', { email: sentTo })}</AuthHeading>
        {back}
      </>
    );
  }
  return (
    <form onSubmit={onSubmit} noValidate>
      <AuthHeading title={t('forgot.title')}>{t('forgot.text')}</AuthHeading>
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
        <Button type="submit" loading={pending}>
          {t('forgot.action')}
        </Button>
        {back}
      </Stack>
    </form>
  );
}
