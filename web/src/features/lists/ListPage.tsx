import { useState } from 'react';
import { ActionIcon, Group, Menu, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { IconDots, IconDownload, IconPencil, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { SearchField } from '@/ui/SearchField';
import { ButtonLink } from '@/ui/links';
import { AddMember } from './AddMember';
import { ListDialog } from './ListDialog';
import { Members } from './Members';
import { listQuery } from './queries';
import { useDeleteList } from './useDeleteList';

/** One list and who is in it. */
export function ListPage() {
  const { t } = useTranslation('lists');
  const { number } = useFormat();
  const mayWrite = useMe().role !== 'manager';
  const { id } = useParams({ from: '/shell/lists/$id' });
  const { q } = useSearch({ from: '/shell/lists/$id' });
  const navigate = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const { data: list, error, refetch } = useQuery(listQuery(id));
  const askDelete = useDeleteList(() => void navigate({ to: '/lists' }));
  const above = [{ to: '/lists', title: t('title') }];
  if (!list)
    return (
      <>
        <PageHeader title={t('one')} above={above} />
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={240} />}
      </>
    );
  return (
    <>
      <PageHeader
        title={list.name}
        above={above}
        text={t('count', { count: list.clients, formatted: number(list.clients) })}
        action={
          <Group gap="xs">
            <ButtonLink to="/clients" search={{ list: id }} variant="default">
              {t('inClients')}
            </ButtonLink>
            {mayWrite && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon variant="default" size={36} aria-label={t('actions', { name: list.name })}>
                    <IconDots size={18} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<IconPencil size={16} aria-hidden />}
                    onClick={() => {
                      setRenaming(true);
                    }}
                  >
                    {t('rename')}
                  </Menu.Item>
                  <Menu.Item
                    component="a"
                    href={`/api/v1/clients/export?list_id=${id}&bom=true&inert=true`}
                    download
                    leftSection={<IconDownload size={16} aria-hidden />}
                  >
                    {t('export')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconTrash size={16} aria-hidden />}
                    c="var(--mantine-color-error)"
                    onClick={() => {
                      askDelete(list);
                    }}
                  >
                    {t('delete.action')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </Group>
        }
      />
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">
          <SearchField
            label={t('search')}
            value={q ?? ''}
            onSearch={(value) => {
              void navigate({
                to: '/lists/$id',
                params: { id },
                search: value ? { q: value } : {},
                replace: true,
              });
            }}
          />
          {mayWrite && <AddMember list={list} />}
        </Group>
        <Members key={q} list={list} q={q} mayWrite={mayWrite} />
        <Text size="xs" c="dimmed">
          {t('bulkHint')}
        </Text>
      </Stack>
      <ListDialog
        list={renaming ? list : undefined}
        onClose={() => {
          setRenaming(false);
        }}
      />
    </>
  );
}
