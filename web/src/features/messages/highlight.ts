import { Extension } from '@tiptap/react';
import { Plugin } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';
import { MARKUP } from './liquid';

/** Makes variables and tags stand out in the rich editor; the text itself stays as it is. */
export const MarkupHighlight = Extension.create({
  name: 'markupHighlight',
  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          decorations({ doc }) {
            const found: Decoration[] = [];
            doc.descendants((node, at) => {
              for (const match of node.isText ? (node.text ?? '').matchAll(MARKUP) : []) {
                const from = at + match.index;
                found.push(Decoration.inline(from, from + match[0].length, { class: 'template-markup' }));
              }
            });
            return DecorationSet.create(doc, found);
          },
        },
      }),
    ];
  },
});
