import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { CopyText } from '@/ui/CopyText';
import { ErrorState } from '@/ui/ErrorState';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { QrCode } from './QrCode';

interface Props {
  setup: Schema<'SecondFactorSetup'>;
  onCodes: (codes: string[]) => void;
  onCancel: () => void;
}

export function FactorConfirm({ setup, onCodes, onCancel }: Props) {
  const { t } = useTranslation('account');
  const form = useForm({ initialValues: { code: '' }, validate: { code: required } });
  const { onSubmit, pending, error } = useSubmit(
    form,
    async ({ code }) => {
      onCodes((await call(api.POST('/me/second-factor/confirm', { body: { code: code.trim() } }))).codes);
    },
    undefined,
    { code: t('factor.wrongCode') },
  );
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        <Text size="sm">{t('factor.scan')}</Text>
        <QrCode text={setup.uri} label={t('factor.qr')} />
        <CopyText value={setup.secret} label={t('factor.secret')} />
        {error !== undefined && <ErrorState error={error} />}
        <TextInput
          label={t('factor.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={20}
          autoFocus
          maw={240}
          key={form.key('code')}
          {...form.getInputProps('code')}
        />
        <Group>
          <Button type="submit" loading={pending}>
            {t('factor.turnOn')}
          </Button>
          <Button variant="subtle" onClick={onCancel}>
            {t('action.cancel', { ns: 'common' })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
