import { Alert, Button, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { ApiError } from '@/api/problem';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { ButtonLink } from '@/ui/links';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';
import { useToken } from './useToken';

/** Where the link of the message about a forgotten password leads. */
export function ResetPage() {
  const { t } = useTranslation('auth');
  const token = useToken();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm({ initialValues: { password: '' }, validate: { password: required } });
  const { onSubmit, pending, error } = useSubmit(form, async ({ password }) => {
    await done(api.POST('/auth/password/reset', { body: { token: token ?? '', password } }));
    queryClient.clear();
    notifyDone(t('reset.done'));
    await navigate({ to: '/sign-in', search: {} });
  });
  const again = (
    <ButtonLink to="/forgot" variant="default">
      {t('reset.again')}
    </ButtonLink>
  );
  if (token === undefined) {
    return (
      <>
        <AuthHeading title={t('reset.title')} />
        <Stack>
          <Alert color="red">{t('reset.noToken')}</Alert>
          {again}
        </Stack>
      </>
    );
  }
  return (
    <form onSubmit={onSubmit} noValidate>
      <AuthHeading title={t('reset.title')}>{t('reset.text')}</AuthHeading>
      <Stack>
        {error !== undefined && <ErrorState error={error} words={{ token_unknown: t('reset.wrong') }} />}
        <PasswordField
          fresh
          autoFocus
          label={t('field.newPassword')}
          description={t('field.newPasswordHint')}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={pending}>
          {t('reset.action')}
        </Button>
        {error instanceof ApiError && error.code === 'token_unknown' && again}
      </Stack>
    </form>
  );
}
