import { Group, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconHistory } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { mailingsToChoose } from '@/api/sending';
import { defined } from '@/lib/defined';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { ErrorState } from '@/ui/ErrorState';
import { Figure } from '@/ui/Figure';
import { AnchorLink, ButtonLink } from '@/ui/links';
import { OutcomeBar } from '@/ui/OutcomeBar';
import { OwnerSelect } from '@/ui/OwnerSelect';
import { PageHeader } from '@/ui/PageHeader';
import { AttemptBadge } from '@/ui/StatusBadge';
import { ZonedTime } from '@/ui/ZonedTime';

const route = getRouteApi('/shell/attempts');

/** The way to a delivery log: a mailing, one of its attempts, and there its recipients. */
export function AttemptsPage() {
  const { t } = useTranslation('attempts');
  const me = useMe();
  const navigate = useNavigate();
  const { mailing, owner } = route.useSearch();
  const { data, error, refetch } = useQuery(mailingsToChoose(owner));
  const items = data?.items ?? [];
  const chosen = mailing ?? items.find(({ status }) => status !== 'draft')?.id;
  return (
    <>
      <PageHeader title={t('title')} text={t('text')} />
      <Group mb="md" gap="sm">
        {me.role !== 'user' && (
          <OwnerSelect
            value={owner}
            onChange={(value) => void navigate({ to: '/attempts', search: defined({ owner: value }) })}
          />
        )}
        <Select
          aria-label={t('mailing')}
          placeholder={t('mailing')}
          searchable
          allowDeselect={false}
          w={{ base: '100%', xs: 360 }}
          nothingFoundMessage={t('table.empty', { ns: 'common' })}
          data={items.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? null}
          onChange={(value) =>
            void navigate({ to: '/attempts', search: defined({ owner, mailing: value ?? undefined }) })
          }
        />
      </Group>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && !chosen && (
        <EmptyState icon={IconHistory} title={t('none')} text={t('noneText')}>
          <ButtonLink to="/mailings">{t('toMailings')}</ButtonLink>
        </EmptyState>
      )}
      {chosen && <History key={chosen} mailing={chosen} />}
    </>
  );
}

function History({ mailing }: { mailing: string }) {
  const { t } = useTranslation('attempts');
  const query = useInfiniteQuery({
    queryKey: ['mailings', mailing, 'history'],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/mailings/{id}/history', {
          params: { path: { id: mailing }, query: { limit: 50, ...defined({ cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const columns: Column<Schema<'HistoryEntry'>>[] = [
    {
      key: 'due',
      title: t('due'),
      width: 'minmax(0, 1fr)',
      cell: (entry) => (
        <AnchorLink
          to="/attempts/$attemptId"
          params={{ attemptId: entry.attempt_id }}
          search={{}}
          hash="log"
          inherit
        >
          <ZonedTime at={entry.due_at} />
        </AnchorLink>
      ),
    },
    {
      key: 'status',
      title: t('status'),
      width: 'minmax(0, 150px)',
      cell: (entry) => <AttemptBadge attempt={entry} />,
    },
    {
      key: 'audience',
      title: t('recipients'),
      wide: true,
      align: 'end',
      width: '110px',
      cell: (entry) => <Figure value={entry.audience} />,
    },
    {
      key: 'bar',
      title: t('outcomes'),
      wide: true,
      cell: (entry) => <OutcomeBar counts={entry.totals} audience={entry.audience} size={8} />,
    },
  ];
  return (
    <DataTable
      label={t('attempts')}
      query={query}
      columns={columns}
      rowKey={({ attempt_id }) => attempt_id}
      empty={<EmptyState icon={IconHistory} title={t('noAttempts')} text={t('noAttemptsText')} />}
    />
  );
}
