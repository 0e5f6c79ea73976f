import { ActionIcon, Group, Tooltip } from '@mantine/core';
import type { Editor } from '@tiptap/react';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBlockquote,
  IconBold,
  IconClearFormatting,
  IconH1,
  IconH2,
  IconH3,
  IconItalic,
  IconLineDashed,
  IconList,
  IconListNumbers,
  IconStrikethrough,
  IconUnderline,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from './LinkButton';
import classes from './RichEditor.module.css';

type Name =
  | 'bold' | 'italic' | 'underline' | 'strike' | 'h1' | 'h2' | 'h3' | 'bullet' | 'ordered' | 'quote' | 'line' | 'clear'
  | 'undo' | 'redo'; // prettier-ignore

interface Button {
  name: Name;
  icon: typeof IconBold;
  run: (editor: Editor) => boolean;
  active?: (editor: Editor) => boolean;
  can?: (editor: Editor) => boolean;
}

const mark = (name: Name, type: string, icon: typeof IconBold): Button => ({
  name,
  icon,
  run: (editor) => editor.chain().focus().toggleMark(type).run(),
  active: (editor) => editor.isActive(type),
});
const heading = (level: 1 | 2 | 3, icon: typeof IconBold): Button => ({
  name: `h${String(level) as '1' | '2' | '3'}`,
  icon,
  run: (editor) => editor.chain().focus().toggleHeading({ level }).run(),
  active: (editor) => editor.isActive('heading', { level }),
});

const groups: readonly (readonly Button[])[] = [
  [
    mark('bold', 'bold', IconBold),
    mark('italic', 'italic', IconItalic),
    mark('underline', 'underline', IconUnderline),
    mark('strike', 'strike', IconStrikethrough),
  ],
  [heading(1, IconH1), heading(2, IconH2), heading(3, IconH3)],
  [
    {
      name: 'bullet',
      icon: IconList,
      run: (editor) => editor.chain().focus().toggleBulletList().run(),
      active: (editor) => editor.isActive('bulletList'),
    },
    {
      name: 'ordered',
      icon: IconListNumbers,
      run: (editor) => editor.chain().focus().toggleOrderedList().run(),
      active: (editor) => editor.isActive('orderedList'),
    },
    {
      name: 'quote',
      icon: IconBlockquote,
      run: (editor) => editor.chain().focus().toggleBlockquote().run(),
      active: (editor) => editor.isActive('blockquote'),
    },
    { name: 'line', icon: IconLineDashed, run: (editor) => editor.chain().focus().setHorizontalRule().run() },
    {
      name: 'clear',
      icon: IconClearFormatting,
      run: (editor) => editor.chain().focus().unsetAllMarks().clearNodes().run(),
    },
  ],
  [
    {
      name: 'undo',
      icon: IconArrowBackUp,
      run: (editor) => editor.chain().focus().undo().run(),
      can: (editor) => editor.can().undo(),
    },
    {
      name: 'redo',
      icon: IconArrowForwardUp,
      run: (editor) => editor.chain().focus().redo().run(),
      can: (editor) => editor.can().redo(),
    },
  ],
];

export function RichToolbar({ editor }: { editor: Editor }) {
  const { t } = useTranslation('messages');
  return (
    <Group gap="4 8" p={6} role="toolbar" aria-label={t('tool.label')}>
      {groups.map((buttons, g) => (
        <Group key={g} gap={1} wrap="nowrap">
          {buttons.map(({ name, icon: Icon, run, active, can = () => true }) => (
            <Tooltip key={name} label={t(`tool.${name}`)}>
              <ActionIcon
                size={30}
                variant={active?.(editor) ? 'light' : 'subtle'}
                color={active?.(editor) ? 'accent' : 'gray'}
                {...(active?.(editor) || !can(editor) ? {} : { c: 'var(--mantine-color-text)' })}
                className={classes.tool}
                aria-label={t(`tool.${name}`)}
                aria-pressed={active?.(editor)}
                disabled={!can(editor)}
                onClick={() => run(editor)}
              >
                <Icon size={17} stroke={1.7} aria-hidden />
              </ActionIcon>
            </Tooltip>
          ))}
          {g === 0 && <LinkButton editor={editor} />}
        </Group>
      ))}
    </Group>
  );
}
