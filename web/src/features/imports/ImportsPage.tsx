import { useState } from 'react';
import { Anchor, Button, Group, List, Paper, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { newId } from '@/lib/uuid';
import { PageHeader } from '@/ui/PageHeader';
import { faultsOf, headerFor } from './columns';
import { ColumnsTable } from './ColumnsTable';
import { withHeader } from './csv';
import { FileDrop } from './FileDrop';
import { FileFacts } from './FileFacts';
import { ImportsList } from './ImportsList';
import { ListChoice } from './ListChoice';
import { rememberImport } from './recent';
import { startUpload, useUpload } from './upload';
import { useFile } from './useFile';

/** Drop a file, see what its columns become, and go. */
export function ImportsPage() {
  const { t } = useTranslation('imports');
  const me = useMe();
  const navigate = useNavigate();
  const { chosen, fault, choose, setCharset, setTarget, clear } = useFile();
  const [listId, setListId] = useState<string | null>(null);
  const [notWritable, setNotWritable] = useState(false);
  const busy = useUpload()?.state === 'sending';
  const faults = chosen ? faultsOf(chosen.targets) : new Map<number, never>();

  const start = () => {
    if (!chosen) return;
    const file = withHeader(chosen.file, chosen.sample, headerFor(chosen.targets));
    setNotWritable(!file);
    if (!file) return;
    const id = newId();
    const { name } = chosen.file;
    rememberImport(me.id, { id, name, at: new Date().toISOString() });
    startUpload({ id, file, name, charset: chosen.sample.charset, listId });
    void navigate({ to: '/imports/$id', params: { id } });
  };
  return (
    <>
      <PageHeader title={t('title')} text={t('text')} />
      {!chosen && (
        <Stack gap="xl">
          <FileDrop onFile={(file) => void choose(file)} fault={fault} />
          <Rules />
          <ImportsList />
        </Stack>
      )}
      {chosen && (
        <Stack>
          <FileFacts chosen={chosen} onCharset={setCharset} onOther={clear} />
          <ColumnsTable chosen={chosen} faults={faults} onTarget={setTarget} />
          <Paper withBorder p="md" component="section" aria-labelledby="import-start">
            <Stack maw={560}>
              <Title order={2} size="h4" id="import-start">
                {t('start.title')}
              </Title>
              <ListChoice value={listId} onChange={setListId} />
              {faults.size > 0 && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {faults.get(-1) === 'noEmail' ? t('fault.noEmail') : t('fault.some')}
                </Text>
              )}
              {notWritable && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {t('fault.notWritable')}
                </Text>
              )}
              {busy && <Text size="sm">{t('start.busy')}</Text>}
              <Group>
                <Button onClick={start} disabled={faults.size > 0 || busy}>
                  {t('start.action', { name: chosen.file.name })}
                </Button>
                <Button variant="subtle" onClick={clear}>
                  {t('action.cancel', { ns: 'common' })}
                </Button>
              </Group>
            </Stack>
          </Paper>
        </Stack>
      )}
    </>
  );
}

function Rules() {
  const { t } = useTranslation('imports');
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('rules.title')}
      </Title>
      <List size="sm" spacing={4} maw={720}>
        <List.Item>{t('rules.columns')}</List.Item>
        <List.Item>{t('rules.existing')}</List.Item>
        <List.Item>{t('rules.twice')}</List.Item>
        <List.Item>{t('rules.bad')}</List.Item>
      </List>
      <Text size="sm" mt="sm">
        <Anchor
          inherit
          underline="always"
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${t('rules.exampleFile')}`)}`}
          download={t('rules.exampleName')}
        >
          {t('rules.example')}
        </Anchor>
      </Text>
    </section>
  );
}
