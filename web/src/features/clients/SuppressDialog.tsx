import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, email, required } from '@/ui/validators';
import { useClientsCache } from './queries';

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The client's address; asked for if absent. */
  address?: string;
}

export function SuppressDialog({ opened, onClose, address }: Props) {
  const { t } = useTranslation('clients');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={address ? t('suppress.title', { email: address }) : t('suppress.open')}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      <SuppressForm onClose={onClose} {...(address ? { address } : {})} />
    </Modal>
  );
}

function SuppressForm({ onClose, address }: Omit<Props, 'opened'>) {
  const { t } = useTranslation('clients');
  const cache = useClientsCache();
  const form = useForm({
    initialValues: { email: address ?? '', reason: '' },
    validate: { email, reason: all(required, atMost(500)) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const body = { email: values.email.trim(), reason: values.reason.trim() };
    await call(api.POST('/suppressions', { body }));
    await cache.reset();
    notifyDone(t('suppress.done', { email: body.email }));
    onClose();
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        <Text size="sm">{t('suppress.text')}</Text>
        {error !== undefined && (
          <ErrorState error={error} words={{ suppression_exists: t('suppress.already') }} />
        )}
        {!address && (
          <TextInput
            label={t('field.email')}
            type="email"
            data-autofocus
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
        )}
        <TextInput
          label={t('suppress.reason')}
          description={t('suppress.reasonHint')}
          key={form.key('reason')}
          {...form.getInputProps('reason')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={pending}>
            {t('suppress.action')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
