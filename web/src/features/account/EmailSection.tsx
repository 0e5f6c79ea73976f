import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { useMe } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { AnchorLink } from '@/ui/links';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { email, required } from '@/ui/validators';
import { proof } from './proof';
import { Section } from './Section';
import { useMeUpdate } from './useMeUpdate';

export function EmailSection() {
  const { t } = useTranslation('account');
  const me = useMe();
  const update = useMeUpdate();
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: { email, password: (value) => (me.has_password ? required(value) : null) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const address = values.email.trim();
    await done(
      api.POST('/me/email', { body: { email: address, ...proof(me.has_password, values.password) } }),
    );
    form.reset();
    await update.ask();
    notifyDone(t('email.sent', { email: address }));
  });
  return (
    <Section title={t('email.title')} text={t('email.now', { email: me.email })}>
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          {me.pending_email && (
            <Text size="sm">
              {t('email.pending', { email: me.pending_email })}{' '}
              <AnchorLink to="/check-mail" search={{ email: me.pending_email }} inherit underline="always">
                {t('email.enterCode')}
              </AnchorLink>
            </Text>
          )}
          {error !== undefined && <ErrorState error={error} />}
          <TextInput
            label={t('email.new')}
            type="email"
            autoComplete="email"
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          {me.has_password && (
            <PasswordField
              label={t('password')}
              description={t('passwordHint')}
              key={form.key('password')}
              {...form.getInputProps('password')}
            />
          )}
          <Group>
            <Button type="submit" variant="default" loading={pending}>
              {t('email.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
