import { Select, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { IconMailOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { REFRESH, type Attempt } from '@/api/sending';
import { defined } from '@/lib/defined';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { Figure } from '@/ui/Figure';
import { AnchorLink } from '@/ui/links';
import { OutcomeBadge } from '@/ui/OutcomeBadge';
import { ZonedTime } from '@/ui/ZonedTime';
import { outcomeNames } from './routes';

type Outcome = Schema<'Outcome'>;

/** The recipients of an attempt, one row each. */
export function Log({ attempt, outcome }: { attempt: Attempt; outcome: Outcome | undefined }) {
  const { t } = useTranslation('attempts');
  const navigate = useNavigate();
  const query = useInfiniteQuery({
    queryKey: ['attempts', attempt.id, 'deliveries', outcome ?? ''],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/attempts/{id}/deliveries', {
          params: {
            path: { id: attempt.id },
            query: { limit: 100, ...defined({ outcome, cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // The first page alone grows by itself; whoever reads on is not to have the rows move.
    refetchInterval: ({ state }) =>
      attempt.status === 'running' && (state.data?.pages.length ?? 0) <= 1 ? REFRESH : false,
  });
  const columns: Column<Schema<'Delivery'>>[] = [
    {
      key: 'email',
      title: t('log.recipient'),
      width: 'minmax(0, 1.4fr)',
      cell: ({ client_id, email }) =>
        client_id === null ? (
          email
        ) : (
          <AnchorLink
            to="/attempts/$attemptId"
            params={{ attemptId: attempt.id }}
            search={{ ...defined({ outcome }), client: client_id }}
            resetScroll={false}
            inherit
            title={email}
          >
            {email}
          </AnchorLink>
        ),
    },
    {
      key: 'outcome',
      title: t('log.outcome'),
      width: '146px',
      cell: (row) => <OutcomeBadge outcome={row.outcome} />,
    },
    {
      key: 'response',
      title: t('log.response'),
      wide: true,
      width: 'minmax(0, 2fr)',
      cell: ({ code, enhanced, response }) => {
        const said = [code === 0 ? '' : String(code), enhanced, response].filter(Boolean).join(' ');
        return said === '' ? (
          '—'
        ) : (
          <span lang="en" title={said}>
            {said}
          </span>
        );
      },
    },
    {
      key: 'tries',
      title: t('log.tries'),
      wide: true,
      align: 'end',
      width: '80px',
      cell: (row) => <Figure value={row.tries} />,
    },
    {
      key: 'at',
      title: t('log.at'),
      wide: true,
      width: '170px',
      cell: (row) => <ZonedTime at={row.at} />,
    },
  ];
  return (
    <>
      <Select
        aria-label={t('log.filter')}
        placeholder={t('log.filter')}
        clearable
        clearButtonProps={{ 'aria-label': t('log.showAll') }}
        mb="xs"
        w={{ base: '100%', xs: 220 }}
        data={outcomeNames.map((value) => ({ value, label: t(`outcome.${value}`, { ns: 'common' }) }))}
        value={outcome ?? null}
        onChange={(value) =>
          void navigate({
            to: '/attempts/$attemptId',
            params: { attemptId: attempt.id },
            search: defined({ outcome: (value as Outcome | null) ?? undefined }),
            resetScroll: false,
          })
        }
      />
      <DataTable
        label={t('log.title')}
        query={query}
        columns={columns}
        rowKey={(row) => row.client_id ?? `${row.email} ${row.at}`}
        compact
        empty={
          <EmptyState
            icon={IconMailOff}
            title={t(outcome ? 'log.noneSuch' : 'log.none')}
            text={t(outcome ? 'log.noneSuchText' : 'log.noneText')}
          />
        }
      />
      <Text size="xs" c="dimmed">
        {t('log.hint')}
      </Text>
    </>
  );
}
