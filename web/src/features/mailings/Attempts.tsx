import { Anchor, Box, Group, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconDownload, IconHistory } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { REFRESH, type Mailing } from '@/api/sending';
import { defined } from '@/lib/defined';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { Figure } from '@/ui/Figure';
import { AnchorLink } from '@/ui/links';
import { OutcomeBar } from '@/ui/OutcomeBar';
import { AttemptBadge } from '@/ui/StatusBadge';
import { ZonedTime } from '@/ui/ZonedTime';

/** Every attempt of a mailing, one per occurrence, latest first. */
export function Attempts({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('mailings');
  const query = useInfiniteQuery({
    queryKey: ['mailings', mailing.id, 'history'],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/mailings/{id}/history', {
          params: { path: { id: mailing.id }, query: { limit: 50, ...defined({ cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: mailing.status === 'running' ? REFRESH : false,
  });
  const columns: Column<Schema<'HistoryEntry'>>[] = [
    {
      key: 'due',
      title: t('attempts.due'),
      width: 'minmax(0, 220px)',
      cell: (entry) => (
        <AnchorLink to="/attempts/$attemptId" params={{ attemptId: entry.attempt_id }} inherit>
          <ZonedTime at={entry.due_at} zone={mailing.time_zone} />
        </AnchorLink>
      ),
    },
    {
      key: 'status',
      title: t('column.status'),
      width: 'minmax(0, 142px)',
      cell: (entry) => <AttemptBadge attempt={entry} />,
    },
    {
      key: 'audience',
      title: t('attempts.audience'),
      wide: true,
      align: 'end',
      width: '100px',
      cell: (entry) => <Figure value={entry.audience} />,
    },
    {
      key: 'bar',
      title: t('column.progress'),
      wide: true,
      cell: (entry) => <OutcomeBar counts={entry.totals} audience={entry.audience} size={8} />,
    },
  ];
  return (
    <Box component="section" aria-labelledby="attempts">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="attempts">
          {t('attempts.title')}
        </Title>
        <Anchor href={`/api/v1/mailings/${mailing.id}/history.csv`} download size="sm">
          <Group gap={5} wrap="nowrap" component="span">
            <IconDownload size={15} aria-hidden />
            {t('attempts.csv')}
          </Group>
        </Anchor>
      </Group>
      <Text size="xs" c="dimmed" mb="xs">
        {t('attempts.text')}
      </Text>
      <DataTable
        label={t('attempts.title')}
        query={query}
        columns={columns}
        rowKey={({ attempt_id }) => attempt_id}
        height="420px"
        empty={<EmptyState icon={IconHistory} title={t('attempts.none')} />}
      />
    </Box>
  );
}
