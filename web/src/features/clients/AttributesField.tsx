import { useRef, type ReactNode } from 'react';
import { ActionIcon, Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { MOST, rowFaults, type Row } from './attributes';

interface Props {
  rows: readonly Row[];
  /** Set once the form was sent with faults: they are marked from then on. */
  faulty: ReactNode;
  onChange: (rows: Row[]) => void;
}

/** Names and values of a client's attributes. */
export function AttributesField({ rows, faulty, onChange }: Props) {
  const { t } = useTranslation('clients');
  const next = useRef(0);
  const faults = faulty ? rowFaults(rows) : new Map<number, never>();
  const change = (at: number, part: Partial<Row>) => {
    onChange(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
  };
  return (
    <Fieldset legend={t('attributes.title')} variant="unstyled">
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {t('attributes.hint')}
        </Text>
        {rows.map((row, i) => (
          <Group key={row.key} gap="xs" wrap="nowrap" align="flex-start">
            <TextInput
              aria-label={t('attributes.name')}
              placeholder={t('attributes.name')}
              value={row.name}
              maxLength={64}
              error={
                faults.get(i) === 'long'
                  ? undefined
                  : faults.has(i) && t(`attributes.${faults.get(i) as 'twice'}`)
              }
              onChange={(event) => {
                change(i, { name: event.currentTarget.value });
              }}
              flex={2}
            />
            <TextInput
              aria-label={t('attributes.value', { name: row.name })}
              placeholder={t('attributes.valueHint')}
              value={row.value}
              error={faults.get(i) === 'long' && t('attributes.long')}
              onChange={(event) => {
                change(i, { value: event.currentTarget.value });
              }}
              flex={3}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={t('attributes.remove', { name: row.name })}
              onClick={() => {
                onChange(rows.filter((_, at) => at !== i));
              }}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {faulty && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {faulty}
          </Text>
        )}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            disabled={rows.length >= MOST}
            onClick={() => {
              onChange([...rows, { key: `new-${String(next.current++)}`, name: '', value: '' }]);
            }}
          >
            {t('attributes.add')}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
