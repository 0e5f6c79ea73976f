import { useState } from 'react';
import { Button, Checkbox, Group, Modal, Radio, Stack } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ListSelect } from '@/ui/ListSelect';

interface Props {
  opened: boolean;
  list: string | null;
  onClose: () => void;
}

/** A file of the clients: for a spreadsheet or for another import. */
export function ExportDialog(props: Props) {
  const { t } = useTranslation('clients');
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('export.title')}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      <ExportForm {...props} />
    </Modal>
  );
}

function ExportForm({ list: initial, onClose }: Props) {
  const { t, i18n } = useTranslation('clients');
  const [list, setList] = useState(initial);
  const [use, setUse] = useState('sheet');
  const [semicolon, setSemicolon] = useState(i18n.language === 'ru');
  const query = new URLSearchParams();
  if (list) query.set('list_id', list);
  if (semicolon) query.set('delimiter', 'semicolon');
  if (use === 'sheet') {
    query.set('bom', 'true');
    query.set('inert', 'true');
  }
  return (
    <Stack>
      <ListSelect
        label={t('export.list')}
        placeholder={t('export.everyone')}
        value={list}
        onChange={setList}
      />
      <Radio.Group label={t('export.use')} value={use} onChange={setUse}>
        <Stack gap="xs" mt="xs">
          <Radio value="sheet" label={t('export.sheet')} description={t('export.sheetHint')} />
          <Radio value="import" label={t('export.import')} description={t('export.importHint')} />
        </Stack>
      </Radio.Group>
      <Checkbox
        label={t('export.semicolon')}
        checked={semicolon}
        onChange={(event) => {
          setSemicolon(event.currentTarget.checked);
        }}
      />
      <Group justify="flex-end">
        <Button
          component="a"
          href={`/api/v1/clients/export?${query.toString()}`}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={onClose}
        >
          {t('export.action')}
        </Button>
      </Group>
    </Stack>
  );
}
