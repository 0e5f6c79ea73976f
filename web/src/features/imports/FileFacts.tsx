import { Button, Group, Paper, Select, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { charsets, type Charset } from './csv';
import { useSize } from './useSize';
import type { Chosen } from './useFile';

interface Props {
  chosen: Chosen;
  onCharset: (charset: Charset) => void;
  onOther: () => void;
}

/** Which file it is, and how it is read. */
export function FileFacts({ chosen: { file, sample }, onCharset, onOther }: Props) {
  const { t } = useTranslation('imports');
  const { number } = useFormat();
  const size = useSize();
  const delimiter = { ',': 'comma', ';': 'semicolon', '\t': 'tab' } as const;
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" align="flex-end">
        <Stack gap={2} miw={0}>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {file.name}
          </Text>
          <Text size="sm" c="dimmed">
            {size(file.size)} · {t(`facts.${delimiter[sample.delimiter]}`)} ·{' '}
            {t('facts.columns', {
              count: sample.header.fields.length,
              formatted: number(sample.header.fields.length),
            })}
          </Text>
        </Stack>
        <Group align="flex-end" gap="sm">
          <Select
            label={t('facts.charset')}
            data={charsets.map((charset) => ({ value: charset, label: t(`charset.${charset}`) }))}
            value={sample.charset}
            onChange={(charset) => {
              if (charset) onCharset(charset);
            }}
            allowDeselect={false}
            w={170}
          />
          <Button variant="default" onClick={onOther}>
            {t('facts.other')}
          </Button>
        </Group>
      </Group>
    </Paper>
  );
}
