import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { Group, Skeleton, Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { confirmAction } from '@/ui/confirm';
import { Faults } from './Faults';
import type { Fault } from './faults';
import { lostInRich } from './html';
import { TextPart } from './TextPart';
import type { Draft } from './useDraft';
import { VariableMenu } from './VariableMenu';

// The editors are most of the code of this feature, and only one is needed at a time.
const RichEditor = lazy(() => import('./RichEditor'));
const HtmlEditor = lazy(() => import('./HtmlEditor'));

/** What an editor offers to the menus around it. */
export interface Handle {
  insert: (markup: string) => void;
  toLine?: (line: number) => void;
}

type Mode = 'rich' | 'html' | 'text';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  faults: readonly Fault[];
}

/** The HTML in one of two editors, and the text part. */
export function Body({ draft, change, faults }: Props) {
  const { t } = useTranslation('messages');
  const [mode, setMode] = useState<Mode>(() => (lostInRich(draft.html).length > 0 ? 'html' : 'rich'));
  const [line, setLine] = useState<{ at: number }>();
  const handle = useRef<Handle | null>(null);
  const setHandle = useCallback((next: Handle | null) => {
    handle.current = next;
  }, []);
  const go = (next: Mode) => {
    const lost = next === 'rich' ? lostInRich(draft.html) : [];
    const change = () => {
      setLine(undefined);
      setMode(next);
    };
    if (lost.length === 0) change();
    else
      confirmAction({
        title: t('rich.loseTitle'),
        text: t('rich.lose', { what: lost.slice(0, 8).join(', ') }),
        action: t('rich.loseAction'),
        onConfirm: change,
      });
  };
  const fallback = <Skeleton h={380} />;
  const setHtml = (html: string) => {
    change({ html });
  };
  return (
    <Tabs
      value={mode}
      onChange={(next) => {
        if (next !== mode) go(next as Mode);
      }}
      keepMounted={false}
    >
      <Group justify="space-between" align="flex-end" gap="xs" wrap="nowrap">
        <Tabs.List flex="1 1 auto" aria-label={t('body.label')}>
          {(['rich', 'html', 'text'] as const).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`body.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {(mode !== 'text' || draft.text !== '') && (
          <VariableMenu label={t('variable.body')} onInsert={(markup) => handle.current?.insert(markup)} />
        )}
      </Group>
      <Tabs.Panel value="rich" pt="sm">
        <Suspense fallback={fallback}>
          <RichEditor html={draft.html} onHtml={setHtml} onHandle={setHandle} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="html" pt="sm">
        <Suspense fallback={fallback}>
          <HtmlEditor
            html={draft.html}
            onHtml={setHtml}
            onHandle={setHandle}
            faults={faults.filter(({ field }) => field === 'html')}
            line={line}
          />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="text" pt="sm">
        <TextPart draft={draft} change={change} onHandle={setHandle} />
      </Tabs.Panel>
      <Faults
        faults={faults.filter(({ field }) => field !== 'subject')}
        onLine={(at) => {
          if (mode === 'html') handle.current?.toLine?.(at);
          else {
            setMode('html');
            setLine({ at });
          }
        }}
      />
    </Tabs>
  );
}
