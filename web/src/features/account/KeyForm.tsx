import { Button, Group, Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, required } from '@/ui/validators';

interface Props {
  onMade: (key: Schema<'NewAPIKey'>) => void;
  onCancel: () => void;
}

const scopes: readonly Schema<'Scope'>[] = ['read', 'write', 'send'];

export function KeyForm({ onMade, onCancel }: Props) {
  const { t } = useTranslation('account');
  const form = useForm<{ name: string; scopes: Schema<'Scope'> }>({
    initialValues: { name: '', scopes: 'read' },
    validate: { name: all(required, atMost(100)) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    onMade(
      await call(api.POST('/me/api-keys', { body: { name: values.name.trim(), scopes: [values.scopes] } })),
    );
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {error !== undefined && <ErrorState error={error} words={{ api_key_exists: t('keys.taken') }} />}
        <TextInput
          label={t('keys.name')}
          description={t('keys.nameHint')}
          autoFocus
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <Radio.Group label={t('keys.scope')} key={form.key('scopes')} {...form.getInputProps('scopes')}>
          <Stack gap="xs" mt="xs">
            {scopes.map((scope) => (
              <Radio
                key={scope}
                value={scope}
                label={t(`keys.${scope}`)}
                description={t(`keys.${scope}Hint`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group>
          <Button type="submit" loading={pending}>
            {t('keys.create')}
          </Button>
          <Button variant="subtle" onClick={onCancel}>
            {t('action.cancel', { ns: 'common' })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
