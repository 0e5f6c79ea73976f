import { Group, Radio, Select, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeZones, zoneName } from '@/lib/format';
import { fromLocal } from '@/lib/schedule';
import { scheduleOf, type Values } from './form';
import { NextStarts } from './NextStarts';
import { Step } from './Step';

const periodicities = ['once', 'daily', 'weekly', 'monthly'] as const;

interface Props {
  form: UseFormReturnType<Values>;
  /** Nothing is scheduled yet. */
  drafting: boolean;
}

export function WhenStep({ form, drafting }: Props) {
  const { t } = useTranslation('mailings');
  const [now] = useState(() => Date.now());
  const { begin, start_at, time_zone: zone, periodicity } = form.values;
  const schedule = scheduleOf(form.values, now);
  const start = begin === 'at' ? fromLocal(start_at, zone) : undefined;
  const date = Number(start_at.slice(8, 10));
  return (
    <Step number={3} title={t('when.title')}>
      <Radio.Group label={t('when.begin')} {...form.getInputProps('begin')}>
        <Group gap="lg" mt={4}>
          <Radio value="now" label={t('when.now')} />
          <Radio value="at" label={t('when.at')} />
        </Group>
      </Radio.Group>
      <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
        {begin === 'at' && <LocalTime form={form} field="start_at" label={t('when.start')} />}
        <Select
          label={t('when.zone')}
          searchable
          allowDeselect={false}
          data={timeZones().includes(zone) ? timeZones() : [zone, ...timeZones()]}
          {...form.getInputProps('time_zone')}
        />
      </Group>
      {start?.shift && (
        <Text size="sm" c="dimmed">
          {t(`when.${start.shift}`)}
        </Text>
      )}
      {start && start.at <= now && (drafting || form.isDirty('start_at')) && (
        <Text size="sm">{t('when.past')}</Text>
      )}
      <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
        <Select
          label={t('when.periodicity')}
          allowDeselect={false}
          data={periodicities.map((value) => ({ value, label: t(`periodicity.${value}`, { ns: 'common' }) }))}
          {...form.getInputProps('periodicity')}
        />
        <LocalTime form={form} field="end_at" label={t('when.end')} hint={t('when.endHint')} />
      </Group>
      {periodicity === 'monthly' && begin === 'at' && date > 28 && (
        <Text size="sm" c="dimmed">
          {t('when.monthEnd')}
        </Text>
      )}
      {schedule && periodicity !== 'once' && (
        <div role="status">
          <Text size="sm" fw={550}>
            {t('when.next')}
          </Text>
          <NextStarts schedule={schedule} />
        </div>
      )}
    </Step>
  );
}

interface TimeProps {
  form: UseFormReturnType<Values>;
  field: 'start_at' | 'end_at';
  label: string;
  hint?: string;
}

/** The browser's own field: typed by keyboard, picked on a phone. The zone it is in stands beside it. */
function LocalTime({ form, field, label, hint }: TimeProps) {
  const { i18n } = useTranslation();
  const { time_zone: zone } = form.values;
  const at = fromLocal(form.values[field], zone)?.at;
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      max="9000-12-31T23:59"
      rightSection={
        at === undefined ? undefined : (
          <Text size="xs" c="dimmed" aria-hidden>
            {zoneName(new Date(at), i18n.language, zone)}
          </Text>
        )
      }
      rightSectionWidth={64}
      {...form.getInputProps(field)}
    />
  );
}
