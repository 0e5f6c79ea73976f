import { useEffect, useRef } from 'react';
import { EditorContent, useEditor } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { useTranslation } from 'react-i18next';
import type { Handle } from './Body';
import { MarkupHighlight } from './highlight';
import { tidy } from './html';
import { protect, unprotect } from './liquid';
import { RichToolbar } from './RichToolbar';
import classes from './RichEditor.module.css';

interface Props {
  html: string;
  onHtml: (html: string) => void;
  onHandle: (handle: Handle | null) => void;
}

const extensions = [
  StarterKit.configure({
    heading: { levels: [1, 2, 3] },
    link: {
      openOnClick: false,
      autolink: false,
      defaultProtocol: 'https',
      HTMLAttributes: { target: null, rel: null, class: null },
      isAllowedUri: (url, { defaultValidate }) => /^\s*\{\{/.test(url) || defaultValidate(url),
    },
    trailingNode: false,
  }),
  MarkupHighlight,
];

/** The HTML as it looks, without tags. What it writes, the HTML editor shows as it is. */
export default function RichEditor({ html, onHtml, onHandle }: Props) {
  const { t } = useTranslation('messages');
  const last = useRef(html);
  const editor = useEditor({
    extensions,
    content: protect(html),
    injectCSS: true,
    shouldRerenderOnTransaction: true, // the toolbar shows what holds at the caret
    editorProps: {
      attributes: {
        'aria-label': t('rich.label'),
        'aria-multiline': 'true',
        role: 'textbox',
        class: classes.content ?? '',
      },
    },
    onUpdate: ({ editor: now }) => {
      last.current = unprotect(tidy(now.getHTML()));
      onHtml(last.current);
    },
  });
  useEffect(() => {
    onHandle({
      insert: (markup) => editor.chain().focus().insertContent({ type: 'text', text: markup }).run(),
    });
    return () => {
      onHandle(null);
    };
  }, [editor, onHandle]);
  // Newest from elsewhere, when what was written here was given up.
  useEffect(() => {
    if (html === last.current) return;
    last.current = html;
    editor.commands.setContent(protect(html), { emitUpdate: false });
  }, [editor, html]);
  return (
    <div className={classes.frame}>
      <RichToolbar editor={editor} />
      <EditorContent editor={editor} className={classes.scroller} />
    </div>
  );
}
