import { useState } from 'react';
import { ActionIcon, Button, Menu, VisuallyHidden } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconDots, IconListDetails, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { Figure } from '@/ui/Figure';
import { PageHeader } from '@/ui/PageHeader';
import { ZonedTime } from '@/ui/ZonedTime';
import { AnchorLink } from '@/ui/links';
import { ListDialog } from './ListDialog';
import { listsQuery, type List } from './queries';
import { useDeleteList } from './useDeleteList';

export function ListsPage() {
  const { t } = useTranslation('lists');
  const mayWrite = useMe().role !== 'manager';
  const query = useInfiniteQuery(listsQuery);
  const [writing, setWriting] = useState<List | 'new'>();
  const askDelete = useDeleteList();
  const create = mayWrite && (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => {
        setWriting('new');
      }}
    >
      {t('new')}
    </Button>
  );
  const columns: Column<List>[] = [
    {
      key: 'name',
      title: t('column.name'),
      cell: (list) => (
        <AnchorLink to="/lists/$id" params={{ id: list.id }} inherit title={list.name}>
          {list.name}
        </AnchorLink>
      ),
    },
    {
      key: 'clients',
      title: t('column.clients'),
      width: '110px',
      align: 'end',
      cell: (list) => <Figure value={list.clients} />,
    },
    {
      key: 'created',
      title: t('column.created'),
      width: '200px',
      cell: (list) => <ZonedTime at={list.created_at} />,
      wide: true,
    },
  ];
  if (mayWrite)
    columns.push({
      key: 'actions',
      title: <VisuallyHidden>{t('table.actions', { ns: 'common' })}</VisuallyHidden>,
      width: '32px',
      align: 'end',
      cell: (list) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t('actions', { name: list.name })}>
              <IconDots size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => {
                setWriting(list);
              }}
            >
              {t('rename')}
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
      ),
    });
  return (
    <>
      <PageHeader title={t('title')} action={create} text={t('text')} />
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={(list) => list.id}
        empty={
          <EmptyState icon={IconListDetails} title={t('empty.title')} text={t('empty.text')}>
            {create}
          </EmptyState>
        }
      />
      <ListDialog
        list={writing}
        onClose={() => {
          setWriting(undefined);
        }}
      />
    </>
  );
}
