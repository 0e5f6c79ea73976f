import { useState } from 'react';
import { Button, Drawer, Group, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconClipboardList } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { usersToChoose } from '@/api/sending';
import { defined } from '@/lib/defined';
import { fromLocal } from '@/lib/schedule';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { ButtonLink } from '@/ui/links';
import { PageHeader } from '@/ui/PageHeader';
import { ZonedTime } from '@/ui/ZonedTime';
import { actionKey, actions } from './actions';
import { Entry } from './Entry';

const route = getRouteApi('/shell/audit');
type Search = ReturnType<typeof route.useSearch>;
type Wanted = { [K in keyof Search]: Search[K] | undefined };

/** The beginning of a day in the person's zone, or of the day after. */
function dayStart(date: string | undefined, zone: string, after = 0): string | undefined {
  if (!date) return undefined;
  const day = new Date(Date.parse(`${date}T00:00Z`) + after * 86_400_000).toISOString().slice(0, 10);
  const at = fromLocal(`${day}T00:00`, zone)?.at;
  return at === undefined ? undefined : new Date(at).toISOString();
}

export function AuditPage() {
  const { t } = useTranslation('audit');
  const me = useMe();
  const navigate = useNavigate();
  const search = route.useSearch();
  const [open, setOpen] = useState<Schema<'AuditEntry'>>();
  const { data: users } = useQuery(usersToChoose);
  const { since, until, ...rest } = search;
  const query = useInfiniteQuery({
    queryKey: ['audit', search, me.time_zone],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/audit', {
          params: {
            query: {
              limit: 100,
              ...rest,
              ...defined({
                since: dayStart(since, me.time_zone),
                until: dayStart(until, me.time_zone, 1),
                cursor: pageParam,
              }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const filter = (next: Wanted) =>
    void navigate({ to: '/audit', search: defined({ ...search, ...next }), replace: true });
  const people = (users?.items ?? []).map(({ id, email }) => ({ value: id, label: email }));
  const withOther = (id: string | undefined) =>
    id && !people.some(({ value }) => value === id) ? [...people, { value: id, label: id }] : people;
  const word = (name: string) => {
    const key = actionKey(name);
    return key ? t(`action.${key}`) : name;
  };
  const columns: Column<Schema<'AuditEntry'>>[] = [
    { key: 'at', title: t('at'), width: 'minmax(0, 150px)', cell: (entry) => <ZonedTime at={entry.at} /> },
    {
      key: 'action',
      title: t('what'),
      width: 'minmax(0, 1.4fr)',
      cell: (entry) => (
        <Button
          variant="transparent"
          size="compact-sm"
          px={0}
          fw={500}
          fullWidth
          justify="start"
          onClick={() => {
            setOpen(entry);
          }}
        >
          {word(entry.action)}
        </Button>
      ),
    },
    { key: 'actor', title: t('who'), wide: true, cell: (entry) => entry.actor_email || t('program') },
    {
      key: 'address',
      title: t('from'),
      wide: true,
      width: '140px',
      cell: (entry) => entry.address || t('here'),
    },
    {
      key: 'reason',
      title: t('reason'),
      wide: true,
      cell: (entry) => <span title={entry.reason}>{entry.reason || '—'}</span>,
    },
  ];
  const person = (field: 'actor_id' | 'owner_id') => (
    <Select
      aria-label={t(`filter.${field}`)}
      placeholder={t(`filter.${field}`)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('filter.clear', { name: t(`filter.${field}`) }) }}
      w={{ base: '100%', xs: 230 }}
      data={withOther(search[field])}
      value={search[field] ?? null}
      onChange={(value) => {
        filter({ [field]: value ?? undefined });
      }}
    />
  );
  const day = (field: 'since' | 'until') => (
    <TextInput
      type="date"
      aria-label={t(`filter.${field}`)}
      leftSection={<span aria-hidden>{t(`filter.${field}Short`)}</span>}
      leftSectionWidth={40}
      w={{ base: '100%', xs: 190 }}
      value={search[field] ?? ''}
      onChange={(event) => {
        filter({ [field]: event.currentTarget.value || undefined });
      }}
    />
  );
  return (
    <>
      <PageHeader title={t('title')} text={t('text')} />
      <Group mb="md" gap="sm">
        <Select
          aria-label={t('filter.action')}
          placeholder={t('filter.action')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('filter.clear', { name: t('filter.action') }) }}
          w={{ base: '100%', xs: 230 }}
          data={actions.map(({ name, key }) => ({ value: name, label: t(`action.${key}`) }))}
          value={search.action ?? null}
          onChange={(action) => {
            filter({ action: action ?? undefined });
          }}
        />
        {person('actor_id')}
        {person('owner_id')}
        {day('since')}
        {day('until')}
      </Group>
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={({ id }) => String(id)}
        empty={
          <EmptyState icon={IconClipboardList} title={t('none')}>
            <ButtonLink to="/audit" search={{}} variant="default">
              {t('showAll')}
            </ButtonLink>
          </EmptyState>
        }
      />
      <Drawer
        opened={open !== undefined}
        onClose={() => {
          setOpen(undefined);
        }}
        position="right"
        title={open ? word(open.action) : ''}
        closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
      >
        {open && <Entry entry={open} owner={people.find(({ value }) => value === open.owner_id)?.label} />}
      </Drawer>
    </>
  );
}
