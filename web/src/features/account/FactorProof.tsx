import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call, done, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { PasswordField } from '@/ui/PasswordField';
import { useSubmit } from '@/ui/useSubmit';
import { required } from '@/ui/validators';
import { proof } from './proof';

/** What is to be done once it is sure who asks: set the factor up, make new recovery codes, or turn it off. */
export type Purpose = 'begin' | 'renew' | 'remove';

interface Props {
  purpose: Purpose;
  onSetup: (setup: Schema<'SecondFactorSetup'>) => void;
  onCodes: (codes: string[]) => void;
  onEnd: () => void;
}

export function FactorProof({ purpose, onSetup, onCodes, onEnd }: Props) {
  const { t } = useTranslation('account');
  const me = useMe();
  const form = useForm({
    initialValues: { password: '', code: '' },
    validate: {
      password: (value) => (me.has_password ? required(value) : null),
      code: (value) => (purpose === 'begin' ? null : required(value)),
    },
  });
  const { onSubmit, pending, error } = useSubmit(form, async ({ password, code }) => {
    const known = proof(me.has_password, password);
    const body = { ...known, code: code.trim() };
    if (purpose === 'begin') onSetup(await call(api.POST('/me/second-factor', { body: known })));
    else if (purpose === 'renew') {
      onCodes((await call(api.POST('/me/second-factor/recovery-codes', { body }))).codes);
    } else {
      await done(api.DELETE('/me/second-factor', { body }));
      onEnd();
    }
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {error !== undefined && <ErrorState error={error} />}
        {purpose === 'renew' && <Text size="sm">{t('factor.renewText')}</Text>}
        {me.has_password && (
          <PasswordField
            label={t('password')}
            description={t('passwordHint')}
            autoFocus
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
        )}
        {purpose !== 'begin' && (
          <TextInput
            label={t('factor.codeOrRecovery')}
            autoComplete="one-time-code"
            maxLength={40}
            key={form.key('code')}
            {...form.getInputProps('code')}
          />
        )}
        <Group>
          <Button type="submit" loading={pending} color={purpose === 'remove' ? 'red' : 'accent'}>
            {t(`factor.${purpose}`)}
          </Button>
          <Button variant="subtle" onClick={onEnd}>
            {t('action.cancel', { ns: 'common' })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
