import { Code, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { changesOf } from './actions';

/** One entry in full: who, on whom, when, from where, why, and what changed. */
export function Entry({ entry, owner }: { entry: Schema<'AuditEntry'>; owner: string | undefined }) {
  const { t } = useTranslation('audit');
  const { time } = useFormat();
  const changes = changesOf(entry.before, entry.after);
  const rows = [
    [t('at'), time(entry.at, { seconds: true })],
    [t('who'), entry.actor_email || t('program')],
    [t('from'), entry.address || t('here')],
    [t('target'), `${entry.target_type} ${entry.target_id}`],
    [t('whose'), owner ?? entry.owner_id ?? t('nobody')],
    [t('reason'), entry.reason || '—'],
    [t('name'), entry.action],
  ] as const;
  return (
    <Stack>
      {rows.map(([name, value]) => (
        <div key={name}>
          <Text size="xs" c="dimmed">
            {name}
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Text>
        </div>
      ))}
      {changes.length > 0 && (
        <Table aria-label={t('changes')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('field')}</Table.Th>
              <Table.Th>{t('before')}</Table.Th>
              <Table.Th>{t('after')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.map(({ field, before, after }) => (
              <Table.Tr key={field}>
                <Table.Td>
                  <Code>{field}</Code>
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{before ?? '—'}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{after ?? '—'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
