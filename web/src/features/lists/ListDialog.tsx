import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, required } from '@/ui/validators';
import type { List } from './queries';

interface Props {
  /** The list to rename, `new` to make one; closed without. */
  list: List | 'new' | undefined;
  onClose: () => void;
}

export function ListDialog({ list, onClose }: Props) {
  const { t } = useTranslation('lists');
  return (
    <Modal
      opened={list !== undefined}
      onClose={onClose}
      title={list === undefined || list === 'new' ? t('new') : t('renameTitle', { name: list.name })}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      {list !== undefined && <ListForm list={list} onClose={onClose} />}
    </Modal>
  );
}

function ListForm({ list, onClose }: { list: List | 'new'; onClose: () => void }) {
  const { t } = useTranslation('lists');
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { name: list === 'new' ? '' : list.name },
    validate: { name: all(required, atMost(200)) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const name = values.name.trim();
    if (list === 'new') await call(api.POST('/lists', { body: { name } }));
    else
      await call(
        api.PATCH('/lists/{id}', {
          params: { path: { id: list.id }, header: { 'If-Match': `"${String(list.revision)}"` } },
          body: { name },
        }),
      );
    await queryClient.invalidateQueries({ queryKey: ['lists'] });
    notifyDone(t(list === 'new' ? 'created' : 'renamed', { name }));
    onClose();
  });
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {error !== undefined && (
          <ErrorState error={error} words={{ list_exists: t('taken'), stale_revision: t('stale') }} />
        )}
        <TextInput
          label={t('column.name')}
          data-autofocus
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel', { ns: 'common' })}
          </Button>
          <Button type="submit" loading={pending}>
            {t(list === 'new' ? 'create' : 'rename')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
