import type { ReactNode } from 'react';
import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { Figure } from '@/ui/Figure';

function Total({ name, hint, children }: { name: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={26} fw={600} lh={1.3}>
        {children}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
    </Paper>
  );
}

export function Totals({ summary }: { summary: Schema<'Summary'> }) {
  const { t } = useTranslation('dashboard');
  const { mailings, totals, clients, clients_reached } = summary;
  const all = Object.values(mailings).reduce((sum, count) => sum + count, 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Total name={t('totals.mailings')}>
        <Figure value={all} />
      </Total>
      <Total name={t('totals.active')} hint={t('totals.activeHint')}>
        <Figure value={mailings.scheduled + mailings.running} />
      </Total>
      <Total
        name={t('totals.clients')}
        hint={
          <>
            {t('totals.reached')} <Figure value={clients_reached} />
          </>
        }
      >
        <Figure value={clients} />
      </Total>
      <Total name={t('totals.sent')} hint={t('totals.period')}>
        <Figure value={totals.sent} />
      </Total>
    </SimpleGrid>
  );
}
