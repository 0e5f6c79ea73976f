import { ActionIcon, Menu, VisuallyHidden } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconCopy, IconDots, IconMail, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { PageHeader } from '@/ui/PageHeader';
import { ZonedTime } from '@/ui/ZonedTime';
import { AnchorLink, ButtonLink } from '@/ui/links';
import { messagesQuery, type Summary } from './queries';
import { useMessageActions } from './useMessageActions';

export function MessagesPage() {
  const { t } = useTranslation('messages');
  const mayWrite = useMe().role !== 'manager';
  const query = useInfiniteQuery(messagesQuery);
  const { clone, askDelete } = useMessageActions();
  const create = mayWrite && (
    <ButtonLink to="/messages/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t('new')}
    </ButtonLink>
  );
  const columns: Column<Summary>[] = [
    {
      key: 'subject',
      title: t('column.subject'),
      cell: (message) => (
        <AnchorLink to="/messages/$id" params={{ id: message.id }} inherit title={message.subject}>
          {message.subject}
        </AnchorLink>
      ),
    },
    {
      key: 'updated',
      title: t('column.updated'),
      width: '140px',
      cell: (message) => <ZonedTime at={message.updated_at} show="relative" />,
      wide: true,
    },
    {
      key: 'created',
      title: t('column.created'),
      width: '180px',
      cell: (message) => <ZonedTime at={message.created_at} />,
      wide: true,
    },
  ];
  if (mayWrite)
    columns.push({
      key: 'actions',
      title: <VisuallyHidden>{t('table.actions', { ns: 'common' })}</VisuallyHidden>,
      width: '32px',
      align: 'end',
      cell: (message) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t('actions', { subject: message.subject })}>
              <IconDots size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconCopy size={16} aria-hidden />}
              onClick={() => {
                clone(message.id);
              }}
            >
              {t('clone.action')}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconTrash size={16} aria-hidden />}
              c="var(--mantine-color-error)"
              onClick={() => {
                askDelete(message);
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
      <PageHeader title={t('title')} action={create} />
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={(message) => message.id}
        empty={
          <EmptyState icon={IconMail} title={t('empty.title')} text={t('empty.text')}>
            {create}
          </EmptyState>
        }
      />
    </>
  );
}
