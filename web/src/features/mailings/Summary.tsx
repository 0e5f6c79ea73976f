import type { ReactNode } from 'react';
import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { listChoices, messageChoices } from './choices';
import { reachOf, scheduleOf, type Values } from './form';

function useWords(values: Values) {
  const { t } = useTranslation('mailings');
  const { number, time } = useFormat();
  const lists = useQuery(listChoices);
  const messages = useQuery(messageChoices);
  const reach = lists.data && reachOf(values, lists.data.items);
  const schedule = scheduleOf(values, 0);
  return {
    message: messages.data?.items.find(({ id }) => id === values.message_id)?.subject,
    reach:
      reach && reach.most > 0
        ? t(reach.exact ? 'reach.about' : 'reach.most', { count: reach.most, formatted: number(reach.most) })
        : undefined,
    count: reach && reach.most > 0 ? number(reach.most) : undefined,
    many: reach?.most ?? 0,
    exact: reach?.exact ?? false,
    start:
      values.begin === 'now'
        ? t('summary.now')
        : schedule && time(new Date(schedule.start), { zone: values.time_zone }),
    end:
      schedule && schedule.end !== null
        ? time(new Date(schedule.end), { zone: values.time_zone })
        : undefined,
  };
}

/** What will happen, in words, always in sight. */
export function Summary({ values, children }: { values: Values; children: ReactNode }) {
  const { t } = useTranslation('mailings');
  const words = useWords(values);
  const missing = t('summary.missing');
  const rows: [string, string][] = [
    [t('who.title'), words.reach ?? (values.list_ids.length > 0 ? t('reach.unknown') : missing)],
    [t('what.title'), words.message ?? missing],
    [
      t('when.title'),
      [
        words.start ?? missing,
        t(`periodicity.${values.periodicity}`, { ns: 'common' }),
        words.end && t('summary.until', { at: words.end }),
      ]
        .filter(Boolean)
        .join('; '),
    ],
    [t('how.title'), t(`how.${values.on_unknown}.name`)],
  ];
  return (
    <Paper withBorder p="md" pos="sticky" top={72} component="section" aria-labelledby="summary">
      <Stack gap="sm">
        <Title order={2} size="h4" id="summary">
          {t('summary.title')}
        </Title>
        {rows.map(([name, value]) => (
          <div key={name}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </div>
        ))}
        {children}
      </Stack>
    </Paper>
  );
}

interface SaveProps {
  values: Values;
  /** Whether saving schedules it; otherwise it only changes it. */
  scheduling: boolean;
  loading: boolean;
  onClick: () => void;
}

/** Says what it will do: when, and to how many. */
export function SaveButton({ values, scheduling, loading, onClick }: SaveProps) {
  const { t } = useTranslation('mailings');
  const { count, start, many, exact } = useWords(values);
  const to = count
    ? `, ${t(exact ? 'summary.to' : 'summary.toMost', { count: many, formatted: count })}`
    : '';
  const text = !scheduling
    ? t('saveChanges')
    : values.begin === 'now'
      ? `${t('summary.startNow')}${to}`
      : `${t('summary.schedule', { at: start ?? '' })}${to}`;
  return (
    <Button
      type="submit"
      loading={loading}
      onClick={onClick}
      h="auto"
      mih={40}
      py={8}
      styles={{ label: { whiteSpace: 'normal' } }}
    >
      {text}
    </Button>
  );
}
