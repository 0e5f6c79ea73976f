import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { attemptsQuery, currentOf, REFRESH, type Mailing } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { audienceOf, settledOf } from '@/ui/attempt/figures';
import { OutcomeBar } from '@/ui/OutcomeBar';

/** How far the running attempt is, or how the last one went; asked for the rows that are seen. */
export function ProgressCell({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('mailings');
  const { number, percent } = useFormat();
  const moves = mailing.status === 'running';
  const { data } = useQuery({
    ...attemptsQuery(mailing.id, 3),
    enabled: mailing.status !== 'draft',
    refetchInterval: moves ? REFRESH : false,
  });
  const attempt = data && currentOf(data.items);
  const audience = attempt ? audienceOf(attempt) : null;
  if (!attempt || audience === null)
    return (
      <Text size="xs" c="dimmed">
        {mailing.status === 'draft' || data ? t('notSentYet') : ' '}
      </Text>
    );
  return (
    <Group gap={8} wrap="nowrap" title={`${number(settledOf(attempt))} / ${number(audience)}`}>
      <div style={{ flex: 1, minWidth: 40 }}>
        <OutcomeBar counts={attempt} audience={audience} size={8} />
      </div>
      <Text size="xs" className="tabular" c="dimmed">
        {percent(settledOf(attempt), audience) ?? ''}
      </Text>
    </Group>
  );
}
