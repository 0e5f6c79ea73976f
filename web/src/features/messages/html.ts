import { MARKUP } from './liquid';

const kept: Record<string, readonly string[]> = {
  p: [], h1: [], h2: [], h3: [], strong: [], b: [], em: [], i: [], u: [], s: [], ul: [], ol: ['start', 'type'], li: [],
  blockquote: [], br: [], hr: [], code: [], pre: [], a: ['href'],
}; // prettier-ignore

/** What of an HTML the rich editor would not keep: tags, and attributes as `tag style`. Empty: it keeps all. */
export function lostInRich(html: string): string[] {
  const lost = new Set<string>();
  const plain = html.replace(MARKUP, '');
  if (/<!--/.test(plain)) lost.add('<!-- -->');
  for (const [, closing, tag = '', rest = ''] of plain.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi,
  )) {
    const name = tag.toLowerCase();
    const attributes = kept[name];
    if (!attributes) lost.add(`<${name}>`);
    else if (!closing)
      for (const [, attribute = ''] of rest
        .replace(/\/$/, '')
        .matchAll(/([^\s=/]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|\S+))?/g))
        if (!attributes.includes(attribute.toLowerCase())) lost.add(`<${name} ${attribute.toLowerCase()}>`);
  }
  return [...lost];
}

/** What the rich editor wrote, with an end of line after each block, so that faults can be told by line. */
export function tidy(html: string): string {
  const lines = html.replace(/<\/(?:p|h[1-3]|ul|ol|blockquote|pre)>|<hr>/g, '$&\n').trim();
  return lines === '<p></p>' ? '' : lines;
}

/** A first draft of the text part, with the templates as they stand. */
export function textOf(html: string): string {
  const held: string[] = [];
  const source = html.replace(MARKUP, (markup) => `\ue000${String(held.push(markup) - 1)}\ue001`);
  const { body } = new DOMParser().parseFromString(source, 'text/html');
  for (const element of body.querySelectorAll('script, style, title, head')) element.remove();
  let out = '';
  const walk = (node: Node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      out += (node.textContent ?? '').replace(/\s+/g, ' ');
      return;
    }
    if (!(node instanceof Element)) return;
    const tag = node.tagName.toLowerCase();
    if (tag === 'br') out += '\n';
    if (tag === 'hr') out += '\n\n---\n\n';
    if (tag === 'li') out += '\n- ';
    const block = /^(?:p|div|h[1-6]|ul|ol|blockquote|pre|table|tr)$/.test(tag);
    if (block) out += '\n\n';
    for (const child of node.childNodes) walk(child);
    if (tag === 'a') {
      const href = node.getAttribute('href') ?? '';
      if (href && href !== node.textContent) out += ` (${href})`;
    }
    if (block) out += '\n\n';
  };
  walk(body);
  return out
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/(^|\n)- *\n+/g, '$1- ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .replace(/\ue000(\d+)\ue001/g, (_, at: string) => held[Number(at)] ?? '');
}
