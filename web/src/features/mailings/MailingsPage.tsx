import { Group, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconPlus, IconSend } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { useMe } from '@/api/me';
import { REFRESH, type Mailing } from '@/api/sending';
import { defined } from '@/lib/defined';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { AnchorLink, ButtonLink } from '@/ui/links';
import { OwnerSelect } from '@/ui/OwnerSelect';
import { PageHeader } from '@/ui/PageHeader';
import { MailingBadge } from '@/ui/StatusBadge';
import { ZonedTime } from '@/ui/ZonedTime';
import { ProgressCell } from './ProgressCell';
import { ReadOnly } from './ReadOnly';
import { statuses, type MailingStatus } from './routes';

const route = getRouteApi('/shell/mailings');

export function MailingsPage() {
  const { t } = useTranslation('mailings');
  const me = useMe();
  const { status, owner } = route.useSearch();
  const navigate = useNavigate();
  const query = useInfiniteQuery({
    queryKey: ['mailings', 'list', status ?? '', owner ?? ''],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/mailings', {
          params: { query: { limit: 50, ...defined({ status, owner, cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: REFRESH,
  });
  const oversees = me.role !== 'user';
  const writes = me.role !== 'manager';
  const create = writes && (
    <ButtonLink to="/mailings/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t('new')}
    </ButtonLink>
  );
  const search = (next: { status?: MailingStatus | undefined; owner?: string | undefined }) =>
    void navigate({ to: '/mailings', search: defined({ status, owner, ...next }) });
  const columns: Column<Mailing>[] = [
    {
      key: 'name',
      title: t('column.name'),
      width: 'minmax(0, 2fr)',
      cell: ({ id, name }) => (
        <AnchorLink to="/mailings/$mailingId" params={{ mailingId: id }} inherit fw={550} title={name}>
          {name}
        </AnchorLink>
      ),
    },
    ...(oversees && owner !== 'me'
      ? [
          {
            key: 'owner',
            title: t('column.owner'),
            wide: true,
            cell: (m: Mailing) => m.owner_email ?? t('unknown', { ns: 'common' }),
          },
        ]
      : []),
    {
      key: 'status',
      title: t('column.status'),
      width: '142px',
      cell: (m) => <MailingBadge status={m.status} />,
    },
    {
      key: 'next',
      title: t('column.next'),
      wide: true,
      width: '245px',
      cell: (m) =>
        m.next_at ? <ZonedTime at={m.next_at} show="both" zone={m.time_zone} /> : t('nothingPlanned'),
    },
    {
      key: 'periodicity',
      title: t('column.periodicity'),
      wide: true,
      width: '112px',
      cell: (m) => t(`periodicity.${m.periodicity}`, { ns: 'common' }),
    },
    { key: 'progress', title: t('column.progress'), wide: true, cell: (m) => <ProgressCell mailing={m} /> },
  ];
  const filtered = status !== undefined || (owner !== undefined && owner !== 'me');
  return (
    <>
      <PageHeader title={t('title')} action={create} />
      {me.role === 'manager' && <ReadOnly />}
      <Group mb="md" gap="sm">
        <Select
          aria-label={t('filter.status')}
          placeholder={t('filter.status')}
          clearable
          clearButtonProps={{ 'aria-label': t('filter.anyStatus') }}
          w={{ base: '100%', xs: 200 }}
          data={statuses.map((value) => ({ value, label: t(`mailingStatus.${value}`, { ns: 'common' }) }))}
          value={status ?? null}
          onChange={(value) => {
            search({ status: (value as MailingStatus | null) ?? undefined });
          }}
        />
        {oversees && (
          <OwnerSelect
            value={owner}
            onChange={(value) => {
              search({ owner: value });
            }}
          />
        )}
      </Group>
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          filtered ? (
            <EmptyState icon={IconSend} title={t('empty.filtered')}>
              <ButtonLink to="/mailings" search={{}} variant="default">
                {t('empty.all')}
              </ButtonLink>
            </EmptyState>
          ) : (
            <EmptyState
              icon={IconSend}
              title={t('empty.title')}
              text={t(writes ? 'empty.text' : 'empty.manager')}
            >
              {create}
            </EmptyState>
          )
        }
      />
    </>
  );
}
