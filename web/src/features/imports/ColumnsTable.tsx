import {
  Badge,
  ScrollArea,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { attributeName, kinds, rowFault, type Fault, type Kind, type Target } from './columns';
import type { Chosen } from './useFile';

interface Props {
  chosen: Chosen;
  faults: Map<number, Fault>;
  onTarget: (at: number, target: Target) => void;
}

/** The first rows under what each column becomes; what will be left out is marked. */
export function ColumnsTable({ chosen: { sample, targets }, faults, onTarget }: Props) {
  const { t } = useTranslation('imports');
  const marked = sample.rows.map((row) => (row.bad ? 'quotes' : rowFault(row.fields, targets)));
  return (
    <Stack gap="xs" component="section" aria-labelledby="import-columns">
      <Title order={2} size="h4" id="import-columns">
        {t('columns.title')}
      </Title>
      <Text size="sm" c="dimmed">
        {t('columns.text')}
      </Text>
      <ScrollArea
        type="auto"
        offsetScrollbars="x"
        viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': t('columns.table') }}
      >
        <Table withTableBorder withColumnBorders fz="sm" miw={sample.header.fields.length * 190 + 60}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={60}>{t('columns.line')}</Table.Th>
              {sample.header.fields.map((title, i) => (
                <Table.Th key={i} miw={190} style={{ verticalAlign: 'top' }}>
                  <ColumnChoice
                    title={title}
                    at={i}
                    target={targets[i] ?? { kind: 'attribute', name: title }}
                    fault={faults.get(i)}
                    onTarget={onTarget}
                  />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sample.rows.map((row, r) => (
              <Table.Tr
                key={row.line}
                bg={
                  marked[r]
                    ? 'color-mix(in srgb, var(--mantine-color-yellow-5) 16%, transparent)'
                    : 'transparent'
                }
              >
                <Table.Td c="dimmed" className="tabular">
                  {row.line}
                </Table.Td>
                {targets.map((_, i) => (
                  <Table.Td key={i} maw={260} style={{ overflowWrap: 'anywhere' }}>
                    {row.fields[i]}
                    {i === 0 && marked[r] && (
                      <Text size="xs" mt={2}>
                        <IconAlertTriangle size={12} aria-hidden /> {t(`row.${marked[r]}`)}
                      </Text>
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {sample.rows.length === 0 && <Text size="sm">{t('columns.noRows')}</Text>}
    </Stack>
  );
}

interface ChoiceProps {
  title: string;
  at: number;
  target: Target;
  fault: Fault | undefined;
  onTarget: (at: number, target: Target) => void;
}

function ColumnChoice({ title, at, target, fault, onTarget }: ChoiceProps) {
  const { t } = useTranslation('imports');
  const name = title.trim() || t('columns.untitled', { number: at + 1 });
  const error = fault && t(`fault.${fault}`);
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
        {name} <VisuallyHidden>{t('columns.becomes')}</VisuallyHidden>
      </Text>
      <Select
        size="xs"
        aria-label={t('columns.choice', { name })}
        data={kinds.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
        value={target.kind}
        allowDeselect={false}
        error={target.kind === 'attribute' ? undefined : error}
        comboboxProps={{ withinPortal: true }}
        onChange={(kind: Kind | null) => {
          if (kind) onTarget(at, kind === 'attribute' ? { kind, name: attributeName(title, at) } : { kind });
        }}
      />
      {target.kind === 'attribute' && (
        <TextInput
          size="xs"
          aria-label={t('columns.name', { name })}
          value={target.name}
          maxLength={64}
          error={error}
          onChange={(event) => {
            onTarget(at, { kind: 'attribute', name: event.currentTarget.value });
          }}
        />
      )}
      {target.kind === 'email' && (
        <Badge size="xs" variant="default" tt="none">
          {t('columns.required')}
        </Badge>
      )}
    </Stack>
  );
}
