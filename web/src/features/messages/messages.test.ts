import { describe, expect, test } from 'vitest';
import { startI18n } from '@/i18n';
import { faultsOf } from './faults';
import { lostInRich, textOf, tidy } from './html';
import { attributePath, fill, output, protect, unprotect } from './liquid';

const anna = { email: 'anna@example.org', full_name: 'Анна & Ко', attributes: { city: 'Казань', пусто: '' } };
const html = (template: string) => fill(template, anna, true);

describe('filling in', () => {
  test('puts out what a client has, escaped in HTML alone', () => {
    expect(html('<p>{{ client.full_name }} {{client.attributes["city"]}}</p>')).toEqual({
      text: '<p>Анна &amp; Ко Казань</p>',
      exact: true,
    });
    expect(fill('{{- client.full_name | upcase -}}', anna, false).text).toBe('АННА & КО');
  });

  test('falls back where a client has nothing', () => {
    expect(html('{{ client.attributes.пусто | default: "a | b" }}').text).toBe('a | b');
    expect(html("{{ client.attributes.none | default: 'x' | upcase }}").text).toBe('X');
    expect(html('{{ client.attributes.none }}').text).toBe('');
  });

  test('leaves to the server what only it can tell, and says so', () => {
    for (const template of [
      '{% if client.email %}',
      '{{ mailing.name }}',
      '{{ client.email | truncate: 3 }}',
    ])
      expect(html(template)).toEqual({ text: template, exact: false });
    expect(html('{% if a < b %}').text).toBe('{% if a &lt; b %}');
  });

  test('variables are written so that they can be read', () => {
    expect(output(attributePath('город'), 'ваш "город"')).toBe(
      `{{ client.attributes.город | default: 'ваш "город"' }}`,
    );
    expect(output('client.email')).toBe('{{ client.email }}');
  });
});

describe('markup in HTML', () => {
  test('comes through a parser and back', () => {
    const template = '<a href="{{ x | default: "y&z" }}">{% if a < b and c > d %}</a> & < ';
    expect(protect(template)).not.toContain('"y');
    expect(unprotect(protect(template))).toBe(template);
    expect(unprotect('<p>{{&nbsp;client.email }} &lt;</p>')).toBe('<p>{{ client.email }} &lt;</p>');
  });
});

describe('the rich editor', () => {
  test('is told what it would lose', () => {
    expect(
      lostInRich('<h1>Hi</h1><p>a<br/>b <a href="{{ x | default: "<b c>" }}">c</a></p><ol start="3"></ol>'),
    ).toEqual([]);
    expect(
      lostInRich('<!-- x --><TABLE width=1><tr><td style="a>b">x</td></tr></table><p class="x" style=\'y\'>'),
    ).toEqual(['<!-- -->', '<table>', '<tr>', '<td>', '<p class>', '<p style>']);
  });

  test('writes a line for each block, and nothing for nothing', () => {
    expect(tidy('<p>a</p><ul><li><p>b</p></li></ul><hr>')).toBe(
      '<p>a</p>\n<ul><li><p>b</p>\n</li></ul>\n<hr>',
    );
    expect(tidy('<p></p>')).toBe('');
  });
});

test('a text part is drafted from the HTML, templates and all', () => {
  expect(
    textOf(
      '<style>p {}</style><h1>Hi, {{ client.full_name }}!</h1>\n<p>Two <b>words</b><br>and &amp; a ' +
        '<a href="https://example.org/{{ client.email }}">link</a></p><ul><li><p>one</p></li><li>two</li></ul>',
    ),
  ).toBe(
    'Hi, {{ client.full_name }}!\n\nTwo words\nand & a link (https://example.org/{{ client.email }})\n\n- one\n\n- two',
  );
});

test('faults are told by line', async () => {
  await startI18n('ru');
  expect(
    faultsOf([
      {
        field: 'html',
        code: 'unknown_filter',
        params: { line: 3, name: 'x; y' },
        message: 'line 3: unknown filter "x; y"',
      },
      {
        field: 'html',
        code: 'template_not_closed',
        params: { line: 12, what: 'if', missing: 'endif' },
        message: 'line 12: …',
      },
      {
        field: 'subject',
        code: 'too_long',
        params: { length: 1204, max: 998 },
        message: 'is 1204 characters long',
      },
      { field: 'other', code: 'required', message: 'x' },
    ]),
  ).toEqual([
    { field: 'html', line: 3, message: 'Нет фильтра «x; y»' },
    { field: 'html', line: 12, message: 'if не закрыто: не хватает endif' },
    { field: 'subject', message: 'Символов: 1\u202f204, можно не больше 998' },
  ]);
});
