import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import type { Me } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { AuthHeading } from './AuthHeading';

interface Props {
  challenge: string;
  onDone: (me: Me) => void;
  onBack: () => void;
}

export function SecondStep({ challenge, onDone, onBack }: Props) {
  const { t } = useTranslation('auth');
  const form = useForm({ initialValues: { code: '' }, validate: { code: required } });
  const { onSubmit, pending, error } = useSubmit(form, async ({ code }) => {
    const { me } = await call(
      api.POST('/auth/login/second-factor', { body: { challenge, code: code.trim() } }),
    );
    if (me) onDone(me);
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <AuthHeading title={t('second.title')}>{t('second.text')}</AuthHeading>
      <Stack>
        {error !== undefined && <ErrorState error={error} words={{ code_refused: t('second.wrong') }} />}
        <TextInput
          label={t('field.code')}
          autoComplete="one-time-code"
          maxLength={40}
          autoFocus
          key={form.key('code')}
          {...form.getInputProps('code')}
        />
        <Button type="submit" loading={pending}>
          {t('second.action')}
        </Button>
        <Button variant="subtle" onClick={onBack}>
          {t('second.back')}
        </Button>
      </Stack>
    </form>
  );
}
