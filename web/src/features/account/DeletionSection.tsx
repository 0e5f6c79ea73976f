import { useState } from 'react';
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { useMe } from '@/api/me';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { notifyDone, notifyError } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { proof } from './proof';
import { Section } from './Section';
import { useMeUpdate } from './useMeUpdate';

export function DeletionSection() {
  const { t } = useTranslation('account');
  const { time } = useFormat();
  const me = useMe();
  const update = useMeUpdate();
  const [asking, setAsking] = useState(false);
  const restore = useMutation({
    mutationFn: () => call(api.DELETE('/me/deletion')),
    onSuccess: (now) => {
      update.set(now);
      notifyDone(t('deletion.restored'));
    },
    onError: (failure) => {
      notifyError(failure);
    },
  });
  return (
    <Section
      id="deletion"
      title={t('deletion.title')}
      text={me.deletion_at ? t('deletion.planned', { at: time(me.deletion_at) }) : t('deletion.text')}
    >
      {me.deletion_at ? (
        <Button
          loading={restore.isPending}
          onClick={() => {
            restore.mutate();
          }}
        >
          {t('deletion.restore')}
        </Button>
      ) : (
        <Button
          color="red"
          variant="outline"
          onClick={() => {
            setAsking(true);
          }}
        >
          {t('deletion.action')}
        </Button>
      )}
      <Modal
        opened={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={t('deletion.dialogTitle', { email: me.email })}
        closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
      >
        <DeletionForm
          onEnd={() => {
            setAsking(false);
          }}
        />
      </Modal>
    </Section>
  );
}

function DeletionForm({ onEnd }: { onEnd: () => void }) {
  const { t } = useTranslation('account');
  const me = useMe();
  const update = useMeUpdate();
  const form = useForm({
    initialValues: { password: '' },
    validate: { password: (value) => (me.has_password ? required(value) : null) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async ({ password }) => {
    update.set(await call(api.POST('/me/deletion', { body: proof(me.has_password, password) })));
    onEnd();
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        <Text size="sm">{t('deletion.text')}</Text>
        {error !== undefined && <ErrorState error={error} />}
        {me.has_password && (
          <PasswordField
            label={t('password')}
            description={t('passwordHint')}
            data-autofocus
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onEnd}>
            {t('deletion.keep')}
          </Button>
          <Button type="submit" color="red" loading={pending}>
            {t('deletion.action')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
