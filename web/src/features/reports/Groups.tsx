import { Button, Group, Skeleton, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { recordedOf } from '@/ui/attempt/figures';
import { ErrorState } from '@/ui/ErrorState';
import { Figure } from '@/ui/Figure';
import { OutcomeBar } from '@/ui/OutcomeBar';
import { groupsFile } from './csv';

const columns = ['sent', 'deferred', 'failed', 'unknown'] as const;

interface Props {
  by: Schema<'GroupBy'>;
  period: { from: string; to: string };
  owner: string | undefined;
}

/** Recipients by the domain of their address or by the mail service. */
export function Groups({ by, period, owner }: Props) {
  const { t } = useTranslation('reports');
  const { data, error, refetch } = useQuery({
    queryKey: ['summary', 'groups', by, period, owner ?? ''],
    queryFn: ({ signal }) =>
      call(
        api.GET('/reports/recipients', {
          params: { query: { by, ...period, ...(owner ? { owner } : {}) } },
          signal,
        }),
      ),
  });
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={120} />;
  if (data.groups === null || data.groups.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t(data.groups === null ? 'problemsUnknown' : 'noGroups')}
      </Text>
    );
  const rows = data.groups.map(({ name, totals }) => ({ name: name ?? t(`nameless.${by}`), totals }));
  const most = Math.max(...rows.map(({ totals }) => recordedOf(totals)));
  if (data.others && data.others.groups > 0)
    rows.push({ name: t('others', { count: data.others.groups }), totals: data.others.totals });
  const file = () => URL.createObjectURL(new Blob([groupsFile(by, rows)], { type: 'text/csv' }));
  return (
    <>
      <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t(by === 'domain' ? 'byDomain' : 'byProvider')} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th miw={160}>{t(`group.${by}`)}</Table.Th>
              <Table.Th ta="end">{t('recipients')}</Table.Th>
              {columns.map((outcome) => (
                <Table.Th key={outcome} ta="end">
                  {t(`outcome.${outcome}`, { ns: 'common' })}
                </Table.Th>
              ))}
              <Table.Th w={180}>{t('outcomes')}</Table.Th>
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
                  {/* As long as the group is large beside the largest. */}
                  <div
                    style={{
                      width: `${String(Math.min(100, (100 * recordedOf(totals)) / most))}%`,
                      minWidth: 4,
                    }}
                  >
                    <OutcomeBar counts={totals} audience={recordedOf(totals)} size={8} />
                  </div>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group justify="flex-end" mt="xs">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => {
            const link = document.createElement('a');
            link.href = file();
            link.download = `${by}s.csv`;
            link.click();
            URL.revokeObjectURL(link.href);
          }}
        >
          CSV
        </Button>
      </Group>
    </>
  );
}
