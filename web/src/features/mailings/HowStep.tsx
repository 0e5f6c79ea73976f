import { Radio, Select, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { providersQuery } from '@/api/sending';
import type { Values } from './form';
import { Step } from './Step';

export function HowStep({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation('mailings');
  const { data } = useQuery(providersQuery);
  const chosen = form.values.provider_id;
  const ids = (data?.items ?? []).map(({ id }) => id);
  return (
    <Step number={4} title={t('how.title')}>
      <Radio.Group
        label={t('how.onUnknown')}
        description={t('how.onUnknownHint')}
        {...form.getInputProps('on_unknown')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="hold" label={t('how.hold.name')} description={t('how.hold.text')} />
          <Radio value="resend" label={t('how.resend.name')} description={t('how.resend.text')} />
        </Stack>
      </Radio.Group>
      <Select
        label={t('how.provider')}
        allowDeselect={false}
        data={[
          { value: '', label: t('how.defaultProvider') },
          ...(chosen && !ids.includes(chosen) ? [chosen] : []),
          ...ids,
        ]}
        {...form.getInputProps('provider_id')}
      />
    </Step>
  );
}
