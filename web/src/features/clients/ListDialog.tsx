import { useState } from 'react';
import { Button, Group, Modal, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { ListSelect } from '@/ui/ListSelect';

interface Props {
  kind: 'add' | 'remove';
  count: number;
  initial: string | null;
  onClose: () => void;
  onList: (list: string) => void;
}

/** Which list the clients are put into or taken out of. */
export function ListDialog({ kind, count, initial, onClose, onList }: Props) {
  const { t } = useTranslation('clients');
  const { number } = useFormat();
  const [list, setList] = useState(initial);
  const counted = { count, formatted: number(count) };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(kind === 'add' ? 'bulk.addTitle' : 'bulk.removeTitle', counted)}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      <Stack>
        <ListSelect label={t('bulk.list')} value={list} onChange={setList} data-autofocus />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel', { ns: 'common' })}
          </Button>
          <Button
            disabled={!list}
            onClick={() => {
              if (list) onList(list);
            }}
          >
            {t(kind === 'add' ? 'bulk.addAction' : 'bulk.removeAction', counted)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
