import { useState } from 'react';
import {
  ActionIcon,
  Button,
  Group,
  Popover,
  ScrollArea,
  Stack,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { IconBraces } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isAttributeName } from '@/lib/attributes';
import { attributePath, output } from './liquid';
import { attributeNames } from './queries';
import classes from './VariableMenu.module.css';

interface Props {
  label: string;
  onInsert: (markup: string) => void;
  /** The icon alone, as on a phone. */
  compact?: boolean;
}

/** Inserts what is different for each client. */
export function VariableMenu({ label, onInsert, compact = false }: Props) {
  const { t } = useTranslation('messages');
  const [opened, setOpened] = useState(false);
  const isNarrow = useMediaQuery('(max-width: 36em)', false, { getInitialValueInEffect: false });
  const button = {
    'aria-label': label,
    variant: 'default',
    onClick: () => {
      setOpened((old) => !old);
    },
  } as const;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={300} trapFocus returnFocus>
      <Popover.Target>
        {compact || isNarrow ? (
          <ActionIcon size={36} {...button}>
            <IconBraces size={18} aria-hidden />
          </ActionIcon>
        ) : (
          <Button size="xs" flex="none" leftSection={<IconBraces size={16} aria-hidden />} {...button}>
            {t('variable.insert')}
          </Button>
        )}
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <Choices
          onChoose={(markup) => {
            setOpened(false);
            onInsert(markup);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices({ onChoose }: { onChoose: (markup: string) => void }) {
  const { t } = useTranslation('messages');
  const names = useQuery(attributeNames).data ?? [];
  const [fallback, setFallback] = useState('');
  const [other, setOther] = useState('');
  const choose = (path: string) => {
    onChoose(output(path, fallback.trim()));
  };
  const named = isAttributeName(other.trim());
  return (
    <Stack gap="xs">
      <TextInput
        size="xs"
        label={t('variable.fallback')}
        description={t('variable.fallbackHint')}
        value={fallback}
        onChange={(event) => {
          setFallback(event.currentTarget.value);
        }}
      />
      <ScrollArea.Autosize mah={220} type="auto">
        <Stack gap={0}>
          {(
            [
              ['client.full_name', t('variable.name')],
              ['client.email', t('variable.email')],
              ['mailing.name', t('variable.mailing')],
            ] as const
          ).map(([path, title]) => (
            <Choice key={path} path={path} title={title} onChoose={choose} />
          ))}
          {names.length > 0 && (
            <Text size="xs" c="dimmed" mt="xs" px={8}>
              {t('variable.attributes')}
            </Text>
          )}
          {names.map((name) => (
            <Choice key={name} path={attributePath(name)} title={name} onChoose={choose} />
          ))}
        </Stack>
      </ScrollArea.Autosize>
      <Group
        gap="xs"
        wrap="nowrap"
        align="flex-end"
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          if (named) choose(attributePath(other.trim()));
        }}
      >
        <TextInput
          size="xs"
          label={t('variable.other')}
          value={other}
          error={other.trim() !== '' && !named}
          onChange={(event) => {
            setOther(event.currentTarget.value);
          }}
          flex={1}
        />
        <Button size="xs" variant="default" type="submit" disabled={!named}>
          {t('variable.put')}
        </Button>
      </Group>
    </Stack>
  );
}

function Choice({
  path,
  title,
  onChoose,
}: {
  path: string;
  title: string;
  onChoose: (path: string) => void;
}) {
  return (
    <UnstyledButton
      className={classes.choice}
      onClick={() => {
        onChoose(path);
      }}
    >
      <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
        {title}
      </Text>
      <Text span size="xs" c="dimmed" ff="monospace" truncate>
        {path}
      </Text>
    </UnstyledButton>
  );
}
