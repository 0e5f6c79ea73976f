import { Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { recordedOf } from '@/ui/attempt/figures';
import { Figure } from '@/ui/Figure';
import { OutcomeBar } from '@/ui/OutcomeBar';
import { outcomeOrder, outcomes } from '@/ui/outcomes';

const results = ['running', 'succeeded', 'partial', 'failed', 'cancelled', 'expired', 'missed'] as const;

export function Sums({ summary }: { summary: Schema<'Summary'> }) {
  const { t } = useTranslation('reports');
  const { totals, attempts, clients_reached } = summary;
  const all = recordedOf(totals);
  return (
    <Paper withBorder p="md">
      <Stack gap="md">
        <OutcomeBar counts={totals} audience={all} size={14} />
        <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
          {outcomeOrder.map((outcome) => {
            if (outcome === 'pending') return null;
            const { icon: Icon, color } = outcomes[outcome];
            return (
              <div key={outcome}>
                <Group gap={5} wrap="nowrap">
                  <Icon size={14} aria-hidden color={`var(--mantine-color-${color}-6)`} />
                  <Text size="xs" c="dimmed">
                    {t(`outcome.${outcome}`, { ns: 'common' })}
                  </Text>
                </Group>
                <Text fz={22} fw={600} lh={1.3}>
                  <Figure value={totals[outcome]} />
                </Text>
                {all > 0 && totals[outcome] > 0 && (
                  <Text size="xs" c="dimmed">
                    <Figure value={totals[outcome]} of={all} />
                  </Text>
                )}
              </div>
            );
          })}
        </SimpleGrid>
        <Text size="sm">
          {t('clients')}: <Figure value={clients_reached} />. {t('attempts')}: <Figure value={attempts.all} />
          {results
            .filter((result) => attempts[result] > 0)
            .map((result) => (
              <span key={result}>
                {' · '}
                {t(`attemptStatus.${result}`, { ns: 'common' })}: <Figure value={attempts[result]} />
              </span>
            ))}
        </Text>
      </Stack>
    </Paper>
  );
}
