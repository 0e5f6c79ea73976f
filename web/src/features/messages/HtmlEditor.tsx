import { useEffect, useEffectEvent, useRef } from 'react';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { html as htmlLanguage } from '@codemirror/lang-html';
import { syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
} from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { useTranslation } from 'react-i18next';
import type { Handle } from './Body';
import type { Fault } from './faults';
import { MARKUP } from './liquid';
import classes from './HtmlEditor.module.css';

interface Props {
  html: string;
  onHtml: (html: string) => void;
  onHandle: (handle: Handle | null) => void;
  faults: readonly Fault[];
  /** The line to begin at. */
  line: { at: number } | undefined;
}

const decorator = new MatchDecorator({
  regexp: new RegExp(MARKUP.source, 'g'),
  decoration: Decoration.mark({ class: 'template-markup' }),
});
const markup = ViewPlugin.define(
  (view) => {
    let set = decorator.createDeco(view);
    return {
      get decorations() {
        return set;
      },
      update(update) {
        set = decorator.updateDeco(update, set);
      },
    };
  },
  { decorations: (plugin) => plugin.decorations },
);

function toLine(view: EditorView, line: number) {
  const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
  view.focus();
}

/** The HTML itself. Tab leaves the editor, as everywhere else in the page. */
export default function HtmlEditor({ html, onHtml, onHandle, faults, line }: Props) {
  const { t } = useTranslation('messages');
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useEffectEvent(onHtml);
  const begin = useEffectEvent((parent: HTMLElement) => {
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: html,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          htmlLanguage({ autoCloseTags: false }),
          syntaxHighlighting(classHighlighter),
          markup,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': t('html.label') }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    if (line) toLine(made, line.at);
    return made;
  });
  useEffect(() => {
    if (!place.current) return;
    const made = begin(place.current);
    view.current = made;
    onHandle({
      insert(text) {
        made.dispatch(made.state.replaceSelection(text));
        made.focus();
      },
      toLine: (at) => {
        toLine(made, at);
      },
    });
    return () => {
      onHandle(null);
      made.destroy();
    };
  }, [onHandle]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const found = faults.flatMap(({ line: at, message }) => {
      if (at === undefined || at > made.state.doc.lines) return [];
      const { from, to } = made.state.doc.line(at);
      return [{ from, to, severity: 'error' as const, message }];
    });
    made.dispatch(setDiagnostics(made.state, found));
  }, [faults]);
  // Newest from elsewhere, when what was written here was given up.
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== html)
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: html } });
  }, [html]);
  return <div ref={place} className={classes.frame} />;
}
