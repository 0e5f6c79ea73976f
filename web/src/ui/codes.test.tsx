import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { act, render, screen } from '@testing-library/react';
import { MantineProvider } from '@mantine/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ApiError, type FieldProblem } from '@/api/problem';
import { startI18n, type Language } from '@/i18n';
import en from '@/i18n/en.json';
import ru from '@/i18n/ru.json';
import { ErrorState } from './ErrorState';
import { errorText } from './errorText';
import { fieldText } from './fieldText';

const contract = readFileSync(resolve('../api/openapi.yaml'), 'utf8');

/** The values of an enum of the contract. */
function listed(schema: string): string[] {
  const found = new RegExp(`^    ${schema}:\\n(?:      .*\\n|\\n)*?      enum: \\[([^\\]]*)\\]`, 'm').exec(
    contract,
  )?.[1];
  return (found ?? '').split(',').map((value) => value.trim());
}

describe.each([
  ['FieldCode', en.fault, ru.fault],
  ['ProblemCode', en.error.code, ru.error.code],
  ['ReasonCode', en.why, ru.why],
])('%s', (schema, english, russian) => {
  const codes = listed(schema);
  test('the contract lists some', () => {
    expect(codes.length).toBeGreaterThan(15);
  });
  test.each(codes)('%s has words in both languages', (code) => {
    expect(english).toHaveProperty(code);
    expect(russian).toHaveProperty(code);
    expect((russian as Record<string, string>)[code]).toMatch(/[а-я]/i);
  });
});

describe('a field', () => {
  const say = async (language: Language, problem: Omit<FieldProblem, 'field'>) => {
    await startI18n(language);
    return fieldText(problem);
  };
  const weak = { code: 'weak_password', message: 'this password is easy to guess: …' } as const;
  test('is told in the language of the page', async () => {
    expect(await say('ru', weak)).toMatch(/Легко угадать/);
    expect(await say('en', weak)).toMatch(/Easy to guess/);
  });
  test('has its numbers as that language writes them', async () => {
    const long = { code: 'too_long', params: { length: 1204, max: 1000 }, message: '' } as const;
    expect(await say('ru', long)).toBe('Символов: 1\u202f204, можно не больше 1\u202f000');
    expect(
      await say('en', { code: 'year_out_of_range', params: { min: 1970, max: 9999 }, message: '' }),
    ).toBe('The year must be from 1970 to 9999');
  });
  test('is told in the words of a server that is newer than the page', async () => {
    const newer = { code: 'brand_new' as 'invalid', message: 'is odd' };
    expect(await say('en', newer)).toBe('Is odd');
    expect(await say('ru', newer)).toBe('Не принято: is odd');
  });
});

test("a code of this place goes before the general words, another place's status does not", async () => {
  await startI18n('ru');
  const ended = new ApiError({ status: 401, code: 'challenge_ended' });
  expect(errorText(ended, { code_refused: 'x' }).text).toMatch(/Войдите заново/);
  expect(errorText(new ApiError({ status: 401, code: 'code_refused' }), { code_refused: 'x' }).text).toBe(
    'x',
  );
});

describe('a limit', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  test('counts down to when one may try again', async () => {
    await startI18n('ru');
    vi.useFakeTimers();
    render(
      <MantineProvider env="test">
        <ErrorState error={new ApiError({ status: 429, code: 'too_many_tries' }, 62)} />
      </MantineProvider>,
    );
    expect(screen.getByRole('timer')).toHaveTextContent('Повторить можно через 1 мин 02 с');
    act(() => {
      vi.advanceTimersByTime(60_000);
    });
    expect(screen.getByRole('timer')).toHaveTextContent('через 2 с');
    act(() => {
      vi.advanceTimersByTime(5_000);
    });
    expect(screen.getByRole('timer')).toHaveTextContent('Уже можно повторить');
  });
});
