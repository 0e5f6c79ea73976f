import { useState } from 'react';
import { Button, Skeleton, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { recordedOf } from '@/ui/attempt/figures';
import { ErrorState } from '@/ui/ErrorState';
import { Figure } from '@/ui/Figure';
import { AnchorLink } from '@/ui/links';
import { OutcomeBar } from '@/ui/OutcomeBar';
import { sumByMailing } from './csv';

const FIRST = 20;
const columns = ['sent', 'failed', 'unknown'] as const;

interface Props {
  period: { from: string; to: string };
  owner: string | undefined;
}

/** The same attempts as in the file, added up by mailing. */
export function ByMailing({ period, owner }: Props) {
  const { t } = useTranslation('reports');
  const [all, setAll] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['summary', 'by-mailing', period, owner ?? ''],
    queryFn: async ({ signal }) =>
      sumByMailing(
        await call(
          api.GET('/reports/mailings.csv', {
            params: { query: { ...period, ...(owner ? { owner } : {}) } },
            parseAs: 'text',
            signal,
          }),
        ),
      ),
  });
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={120} />;
  return (
    <>
      <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t('byMailing')} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('mailing')}</Table.Th>
              <Table.Th ta="end">{t('attempts')}</Table.Th>
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
            {data.slice(0, all ? undefined : FIRST).map(({ id, name, attempts, audience, totals }) => (
              <Table.Tr key={id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <AnchorLink to="/mailings/$mailingId" params={{ mailingId: id }} inherit>
                    {name}
                  </AnchorLink>
                </Table.Td>
                <Table.Td ta="end">
                  <Figure value={attempts} />
                </Table.Td>
                <Table.Td ta="end">
                  <Figure value={audience} />
                </Table.Td>
                {columns.map((outcome) => (
                  <Table.Td key={outcome} ta="end">
                    <Figure value={audience === null ? null : totals[outcome]} />
                  </Table.Td>
                ))}
                <Table.Td>
                  <OutcomeBar counts={totals} audience={audience ?? recordedOf(totals)} size={8} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {data.length > FIRST && !all && (
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            setAll(true);
          }}
        >
          {t('showAll', { count: data.length })}
        </Button>
      )}
    </>
  );
}
