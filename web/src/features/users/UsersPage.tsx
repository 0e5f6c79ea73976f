import { Group, Select, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconSearch, IconUsers } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { defined } from '@/lib/defined';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { Figure } from '@/ui/Figure';
import { ButtonLink } from '@/ui/links';
import { PageHeader } from '@/ui/PageHeader';
import { ZonedTime } from '@/ui/ZonedTime';
import { roles, userStatuses } from './routes';
import { UserMenu } from './UserMenu';
import { UserStatusBadge } from './UserStatusBadge';

/** Where the API stops to count the clients of a user in a list. */
const countedTo = 100_000;

const route = getRouteApi('/shell/users');
type Search = ReturnType<typeof route.useSearch>;
type Wanted = { [K in keyof Search]: Search[K] | undefined };

export function UsersPage() {
  const { t } = useTranslation('users');
  const navigate = useNavigate();
  const search = route.useSearch();
  const filter = (next: Wanted) =>
    void navigate({ to: '/users', search: defined({ ...search, ...next }), replace: true });
  const find = useDebouncedCallback((q: string) => {
    filter({ q: q.trim() || undefined });
  }, 300);
  const query = useInfiniteQuery({
    queryKey: ['users', 'list', search],
    queryFn: ({ signal, pageParam }) =>
      call(
        api.GET('/users', {
          params: { query: { limit: 50, ...search, ...defined({ cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const columns: Column<Schema<'Account'>>[] = [
    {
      key: 'email',
      title: t('column.user'),
      width: 'minmax(0, 2fr)',
      cell: ({ email, name }) => (
        <span title={name ? `${name}, ${email}` : email}>
          {email}
          {name && (
            <Text span inherit c="dimmed">
              {' '}
              {name}
            </Text>
          )}
        </span>
      ),
    },
    {
      key: 'role',
      title: t('column.role'),
      wide: true,
      width: '130px',
      cell: ({ role }) => t(`role.${role}`, { ns: 'common' }),
    },
    {
      key: 'status',
      title: t('column.status'),
      width: '140px',
      cell: (user) => <UserStatusBadge user={user} />,
    },
    {
      key: 'clients',
      title: t('column.clients'),
      wide: true,
      align: 'end',
      width: '90px',
      cell: (user) => (
        <>
          <Figure value={user.clients} />
          {user.clients >= countedTo && '+'}
        </>
      ),
    },
    {
      key: 'mailings',
      title: t('column.mailings'),
      wide: true,
      align: 'end',
      width: '120px',
      cell: (user) => (
        <>
          <Figure value={user.active_mailings} /> / <Figure value={user.mailings} />
        </>
      ),
    },
    {
      key: 'seen',
      title: t('column.seen'),
      wide: true,
      width: '130px',
      cell: ({ last_seen_at }) =>
        last_seen_at ? <ZonedTime at={last_seen_at} show="relative" /> : t('never'),
    },
    {
      key: 'menu',
      title: <VisuallyHidden>{t('actions')}</VisuallyHidden>,
      width: '36px',
      cell: (user) => <UserMenu user={user} />,
    },
  ];
  return (
    <>
      <PageHeader title={t('title')} />
      <Group mb="md" gap="sm">
        <TextInput
          aria-label={t('search')}
          placeholder={t('search')}
          leftSection={<IconSearch size={16} aria-hidden />}
          w={{ base: '100%', xs: 260 }}
          defaultValue={search.q ?? ''}
          onChange={(event) => {
            find(event.currentTarget.value);
          }}
        />
        <Select
          aria-label={t('anyRole')}
          placeholder={t('anyRole')}
          clearable
          clearButtonProps={{ 'aria-label': t('anyRole') }}
          w={{ base: '100%', xs: 180 }}
          data={roles.map((role) => ({ value: role, label: t(`role.${role}`, { ns: 'common' }) }))}
          value={search.role ?? null}
          onChange={(role) => {
            filter({ role: (role as Schema<'Role'> | null) ?? undefined });
          }}
        />
        <Select
          aria-label={t('anyStatus')}
          placeholder={t('anyStatus')}
          clearable
          clearButtonProps={{ 'aria-label': t('anyStatus') }}
          w={{ base: '100%', xs: 200 }}
          data={userStatuses.map((status) => ({ value: status, label: t(`status.${status}`) }))}
          value={search.status ?? null}
          onChange={(status) => {
            filter({ status: (status as Schema<'UserStatus'> | null) ?? undefined });
          }}
        />
      </Group>
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={IconUsers} title={t('none')}>
            <ButtonLink to="/users" search={{}} variant="default">
              {t('showAll')}
            </ButtonLink>
          </EmptyState>
        }
      />
    </>
  );
}
