import { Button, VisuallyHidden } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { IconAddressBook, IconSearchOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { AnchorLink, ButtonLink } from '@/ui/links';
import { notifyDone, notifyError } from '@/ui/notify';
import { listQuery, membersQuery, type Client, type List } from './queries';

interface Props {
  list: List;
  q: string | undefined;
  mayWrite: boolean;
}

export function Members({ list, q, mayWrite }: Props) {
  const { t } = useTranslation('lists');
  const queryClient = useQueryClient();
  const query = useInfiniteQuery(membersQuery(list.id, q));
  const remove = useMutation({
    mutationFn: (client: Client) =>
      done(
        api.DELETE('/lists/{id}/clients/{client_id}', {
          params: { path: { id: list.id, client_id: client.id } },
        }),
      ),
    onSuccess: (_, client) => {
      notifyDone(t('removed', { email: client.email, name: list.name }));
    },
    onError: (error) => {
      notifyError(error);
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: listQuery(list.id).queryKey });
      await queryClient.invalidateQueries({ queryKey: ['clients'] });
    },
  });
  const columns: Column<Client>[] = [
    {
      key: 'email',
      title: t('member.email'),
      cell: (client) => (
        <AnchorLink to="/clients" search={{ list: list.id, client: client.id }} inherit title={client.email}>
          {client.email}
        </AnchorLink>
      ),
    },
    { key: 'name', title: t('member.name'), cell: (client) => client.full_name, wide: true },
  ];
  if (mayWrite)
    columns.push({
      key: 'remove',
      title: <VisuallyHidden>{t('table.actions', { ns: 'common' })}</VisuallyHidden>,
      width: '84px',
      align: 'end',
      cell: (client) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${t('remove')}: ${client.email}`}
          onClick={() => {
            remove.mutate(client);
          }}
        >
          {t('remove')}
        </Button>
      ),
    });
  return (
    <DataTable
      label={t('members')}
      query={query}
      columns={columns}
      rowKey={(client) => client.id}
      empty={
        q ? (
          <EmptyState icon={IconSearchOff} title={t('none.title')} text={t('none.text')} />
        ) : (
          <EmptyState icon={IconAddressBook} title={t('noMembers.title')} text={t('noMembers.text')}>
            {mayWrite && <ButtonLink to="/imports">{t('noMembers.action')}</ButtonLink>}
          </EmptyState>
        )
      }
    />
  );
}
