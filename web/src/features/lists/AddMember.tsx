import { useState } from 'react';
import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, done, type Schema } from '@/api/client';
import { ClientSelect } from '@/ui/ClientSelect';
import { notifyDone, notifyError } from '@/ui/notify';
import { listQuery, type List } from './queries';

/** Puts a client that there is into the list. */
export function AddMember({ list }: { list: List }) {
  const { t } = useTranslation('lists');
  const queryClient = useQueryClient();
  const [client, setClient] = useState<Schema<'Client'> | null>(null);
  const add = useMutation({
    mutationFn: ({ id }: Schema<'Client'>) =>
      done(api.PUT('/lists/{id}/clients/{client_id}', { params: { path: { id: list.id, client_id: id } } })),
    onSuccess: async (_, { email }) => {
      notifyDone(t('added', { email, name: list.name }));
      setClient(null);
      await queryClient.invalidateQueries({ queryKey: listQuery(list.id).queryKey });
      await queryClient.invalidateQueries({ queryKey: ['clients'] });
    },
    onError: (error) => {
      notifyError(error);
    },
  });
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end" flex={1} miw={240}>
      <ClientSelect
        aria-label={t('add.label')}
        placeholder={t('add.label')}
        client={client}
        onClient={setClient}
        flex={1}
      />
      <Button
        variant="default"
        disabled={!client}
        loading={add.isPending}
        onClick={() => {
          if (client) add.mutate(client);
        }}
      >
        {t('add.action')}
      </Button>
    </Group>
  );
}
