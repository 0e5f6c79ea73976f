import { Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { recordedOf } from '@/ui/attempt/figures';
import { Figure } from '@/ui/Figure';
import { OutcomeBar } from '@/ui/OutcomeBar';

interface Props {
  domains: readonly Schema<'DomainCounts'>[];
  others: Schema<'OtherDomains'> | null;
}

const columns = ['sent', 'deferred', 'failed', 'unknown'] as const;

export function Domains({ domains, others }: Props) {
  const { t } = useTranslation('attempts');
  const rows = [
    ...domains.map(({ domain, totals }) => ({ name: domain ?? t('domains.deleted'), totals })),
    ...(others && others.domains > 0
      ? [{ name: t('domains.others', { count: others.domains }), totals: others.totals }]
      : []),
  ];
  return (
    <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={t('domains.title')} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th miw={160}>{t('domains.domain')}</Table.Th>
            <Table.Th ta="end">{t('recipients')}</Table.Th>
            {columns.map((outcome) => (
              <Table.Th key={outcome} ta="end">
                {t(`outcome.${outcome}`, { ns: 'common' })}
              </Table.Th>
            ))}
            <Table.Th w={120}>{t('outcomes')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, totals }) => (
            <Table.Tr key={name}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{name}</Table.Td>
              <Table.Td ta="end">
                <Figure value={recordedOf(totals)} />
              </Table.Td>
              {columns.map((outcome) => (
                <Table.Td key={outcome} ta="end">
                  <Figure value={totals[outcome]} />
                </Table.Td>
              ))}
              <Table.Td>
                <OutcomeBar counts={totals} audience={recordedOf(totals)} size={8} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
