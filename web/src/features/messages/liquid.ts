/** The template language as far as the browser needs it; the server has all of it (internal/render). */

/** Outputs and tags. */
export const MARKUP = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;

const entities: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
};

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Makes what is inside of markup plain text to a parser of HTML: `{% if a < b %}`, `href="{{ x | default: "y" }}"`. */
export function protect(html: string): string {
  return html.replace(MARKUP, escapeHtml);
}

/** Takes back what writing HTML did to markup. */
export function unprotect(html: string): string {
  return html.replace(MARKUP, (markup) =>
    markup
      .replace(/&(?:lt|gt|quot|#39|nbsp|amp);/g, (entity) => entities[entity] ?? entity)
      .replaceAll('\u00a0', ' '),
  );
}

/** The markup that puts a variable out, with what stands in for it where a client has none. */
export function output(path: string, fallback = ''): string {
  const quoted = fallback.includes('"') ? `'${fallback.replaceAll("'", '’')}'` : `"${fallback}"`;
  return fallback ? `{{ ${path} | default: ${quoted} }}` : `{{ ${path} }}`;
}

export const attributePath = (name: string) => `client.attributes.${name}`;

export interface Person {
  email: string;
  full_name: string;
  attributes: Record<string, string>;
}

const filters: Record<string, (value: string, argument: string) => string> = {
  default: (value, argument) => value || argument,
  upcase: (value) => value.toUpperCase(),
  downcase: (value) => value.toLowerCase(),
  strip: (value) => value.trim(),
  append: (value, argument) => value + argument,
  prepend: (value, argument) => argument + value,
};

/** The value of an output, or undefined where only the server can tell. */
function valueOf(expression: string, person: Person): string | undefined {
  const [path = '', ...rest] =
    expression.match(/(?:"[^"]*"|'[^']*'|[^|])+/g)?.map((part) => part.trim()) ?? [];
  let value = variable(path, person);
  for (const part of rest) {
    const [, name = '', argument = ''] = /^(\w+)\s*(?::\s*(?:"([^"]*)"|'([^']*)'))?$/.exec(part) ?? [];
    const filter = filters[name];
    if (value === undefined || !filter) return undefined;
    value = filter(value, argument || (/'([^']*)'$/.exec(part)?.[1] ?? ''));
  }
  return value;
}

function variable(path: string, { email, full_name, attributes }: Person): string | undefined {
  if (path === 'client.email') return email;
  if (path === 'client.full_name') return full_name;
  const found = /^client\.attributes(?:\.([\p{L}_][\p{L}\p{Nd}_]*)|\[\s*(?:"([^"]*)"|'([^']*)')\s*\])$/u.exec(
    path,
  );
  const name = found?.[1] ?? found?.[2] ?? found?.[3];
  return name === undefined ? undefined : (attributes[name] ?? '');
}

/**
 * A template filled in here, for while it is not saved. `exact` is false when something was left as it stands: tags, and what
 * only the server knows.
 */
export function fill(template: string, person: Person, isHtml: boolean): { text: string; exact: boolean } {
  let exact = true;
  const text = template.replace(MARKUP, (markup) => {
    const value = markup.startsWith('{{')
      ? valueOf(markup.slice(2, -2).replace(/^-|-$/g, '').trim(), person)
      : undefined;
    if (value !== undefined) return isHtml ? escapeHtml(value) : value;
    exact = false;
    return isHtml ? escapeHtml(markup) : markup;
  });
  return { text, exact };
}
