import { useRef } from 'react';
import { Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Fault } from './faults';
import { VariableMenu } from './VariableMenu';

interface Props {
  value: string;
  onChange: (value: string) => void;
  faults: readonly Fault[];
  fresh: boolean;
}

export function SubjectField({ value, onChange, faults, fresh }: Props) {
  const { t } = useTranslation('messages');
  const input = useRef<HTMLInputElement>(null);
  const insert = (text: string) => {
    const [from, to] = [
      input.current?.selectionStart ?? value.length,
      input.current?.selectionEnd ?? value.length,
    ];
    onChange(value.slice(0, from) + text + value.slice(to));
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(from + text.length, from + text.length);
    });
  };
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end">
      <TextInput
        ref={input}
        label={t('subject.label')}
        placeholder={t('subject.placeholder')}
        value={value}
        maxLength={998}
        autoFocus={fresh}
        inputWrapperOrder={['label', 'error', 'input']}
        error={faults.length > 0 && faults.map(({ message }) => message).join('; ')}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
        flex={1}
      />
      <VariableMenu label={t('variable.subject')} onInsert={insert} compact />
    </Group>
  );
}
