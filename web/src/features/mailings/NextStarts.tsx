import { useState } from 'react';
import { List, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { occurrences, type Schedule } from '@/lib/schedule';
import { useFormat } from '@/lib/useFormat';

/** The next three starts, with what the clocks do to them. */
export function NextStarts({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation('mailings');
  const { time } = useFormat();
  const [now] = useState(() => Date.now());
  const next = occurrences(schedule, now, 3);
  if (next.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('when.noMore')}
      </Text>
    );
  return (
    <List size="sm" listStyleType="none" spacing={2}>
      {next.map(({ at, shift }) => (
        <List.Item key={at}>
          <span className="tabular">{time(new Date(at), { zone: schedule.zone })}</span>
          {shift && (
            <Text size="xs" c="dimmed">
              {t(`when.${shift}`)}
            </Text>
          )}
        </List.Item>
      ))}
    </List>
  );
}
