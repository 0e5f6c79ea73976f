import { Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { useMe } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { proof } from './proof';
import { Section } from './Section';
import { sessionsQuery } from './queries';
import { useMeUpdate } from './useMeUpdate';

export function PasswordSection() {
  const { t } = useTranslation('account');
  const me = useMe();
  const update = useMeUpdate();
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { password: '', new_password: '' },
    validate: { password: (value) => (me.has_password ? required(value) : null), new_password: required },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const body = { new_password: values.new_password, ...proof(me.has_password, values.password) };
    await done(api.POST('/me/password', { body }));
    form.reset();
    await Promise.all([update.ask(), queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })]);
    notifyDone(t('change.done'));
  });
  return (
    <Section title={t(me.has_password ? 'change.title' : 'change.titleNew')} text={t('change.text')}>
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          {error !== undefined && <ErrorState error={error} />}
          {me.has_password && (
            <PasswordField
              label={t('change.current')}
              key={form.key('password')}
              {...form.getInputProps('password')}
            />
          )}
          <PasswordField
            fresh
            label={t('change.new')}
            description={t('change.newHint')}
            key={form.key('new_password')}
            {...form.getInputProps('new_password')}
          />
          <Group>
            <Button type="submit" variant="default" loading={pending}>
              {t(me.has_password ? 'change.action' : 'change.titleNew')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
