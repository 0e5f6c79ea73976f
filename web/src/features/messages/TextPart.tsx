import { useEffect, useRef } from 'react';
import { Stack, Switch, Text, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { confirmAction } from '@/ui/confirm';
import type { Handle } from './Body';
import { textOf } from './html';
import type { Draft } from './useDraft';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  onHandle: (handle: Handle | null) => void;
}

/** The part for those who read plain text: made from the HTML until someone writes it. */
export function TextPart({ draft, change, onHandle }: Props) {
  const { t } = useTranslation('messages');
  const area = useRef<HTMLTextAreaElement>(null);
  const own = draft.text !== '';
  const { text } = draft;
  useEffect(() => {
    onHandle({
      insert(markup) {
        const field = area.current;
        const [from, to] = [field?.selectionStart ?? text.length, field?.selectionEnd ?? text.length];
        change({ text: text.slice(0, from) + markup + text.slice(to) });
        requestAnimationFrame(() => {
          field?.focus();
          field?.setSelectionRange(from + markup.length, from + markup.length);
        });
      },
    });
  });
  const toggle = (made: boolean) => {
    if (!made) change({ text: textOf(draft.html) || '\n' });
    else if (text.trim() === '' || text === textOf(draft.html)) change({ text: '' });
    else
      confirmAction({
        title: t('text.dropTitle'),
        text: t('text.drop'),
        action: t('text.dropAction'),
        onConfirm: () => {
          change({ text: '' });
        },
      });
  };
  return (
    <Stack gap="sm">
      <Switch
        label={t('text.made')}
        description={t('text.madeHint')}
        checked={!own}
        onChange={(event) => {
          toggle(event.currentTarget.checked);
        }}
      />
      {own ? (
        <Textarea
          ref={area}
          aria-label={t('body.text')}
          autosize
          minRows={14}
          maxRows={28}
          value={text}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
          onChange={(event) => {
            change({ text: event.currentTarget.value });
          }}
        />
      ) : (
        <Text size="sm" c="dimmed">
          {t('text.see')}
        </Text>
      )}
    </Stack>
  );
}
