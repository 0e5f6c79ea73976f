import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { meQuery } from '@/api/me';
import { methodsQuery } from '@/api/methods';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone, notifyError } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { email, required } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';

const route = getRouteApi('/public/check-mail');

/** Where the code of the message is entered, after registering and from the banner. */
export function CheckMailPage() {
  const { t } = useTranslation('auth');
  const known = route.useSearch().email;
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: methods } = useQuery(methodsQuery);
  const form = useForm({
    initialValues: { email: known ?? '', code: '' },
    validate: { email, code: required },
  });
  const { onSubmit, pending, error } = useSubmit(
    form,
    async (values) => {
      await done(api.POST('/auth/verify', { body: { email: values.email.trim(), code: values.code } }));
      notifyDone(t('verify.done'));
      queryClient.removeQueries({ queryKey: meQuery.queryKey });
      await navigate({ to: '/' }); // to the page of signing in, for those who are not
    },
    undefined,
    { code: t('check.wrong') },
  );
  const again = useMutation({
    mutationFn: () =>
      done(api.POST('/auth/verify/resend', { body: { email: form.getValues().email.trim() } })),
    onSuccess: () => {
      notifyDone(t('check.sentAgain'));
    },
    onError: (failure) => {
      notifyError(failure);
    },
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <AuthHeading title={t('check.title')}>
        {known ? t('check.sent', { email: known }) : t('check.sentSomewhere')}
      </AuthHeading>
      <Stack>
        {error !== undefined && <ErrorState error={error} />}
        {!known && (
          <TextInput
            label={t('field.email')}
            type="email"
            autoComplete="username"
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
        )}
        <TextInput
          label={t('field.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={20}
          autoFocus={known !== undefined}
          key={form.key('code')}
          {...form.getInputProps('code')}
        />
        <Button type="submit" loading={pending}>
          {t('check.action')}
        </Button>
        <Text size="sm" c="dimmed">
          {t(methods?.mailbox ? 'check.stays' : 'check.notThere')}{' '}
          {methods?.mailbox && (
            <Anchor href="/mailbox" target="_blank" rel="noopener" inherit>
              {t('check.mailbox')}
            </Anchor>
          )}
        </Text>
        <Button
          variant="default"
          loading={again.isPending}
          onClick={() => {
            if (!form.validateField('email').hasError) again.mutate();
          }}
        >
          {t('check.again')}
        </Button>
      </Stack>
    </form>
  );
}
