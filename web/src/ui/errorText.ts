import { i18n } from '@/i18n';
import { ApiError } from '@/api/problem';
import { formatDuration } from '@/lib/format';
import type { Schema } from '@/api/client';
import type common from '@/i18n/en.json';

type Code = keyof (typeof common)['error']['code'];

// Does not compile while a code of the contract has no words.
type Worded<C extends Code> = C;
/** What the server answers with, and what the page finds out itself. */
export type ProblemCode = Worded<Schema<'ProblemCode'>> | 'network' | 'empty_answer' | 'no_token';

const byStatus: Record<number, Code> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'stale',
  413: 'body_too_large',
  422: 'validation_failed',
  429: 'too_many',
  500: 'internal',
  501: 'not_implemented',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

export type Words = Partial<Record<ProblemCode, string>>;

/** Codes whose `detail` has words of a person's, or the name of what stands in the way. */
const telling: ReadonlySet<string> = new Set<ProblemCode>([
  'user_blocked',
  'list_in_use',
  'message_in_use',
  'malformed_request',
]);

/** When trying again may help, in words; nothing where the server did not say. */
export function waitText(left: number): string {
  return i18n.t('error.wait', { wait: formatDuration(left, i18n.language) });
}

/**
 * What happened and what to do, in the language of the page. `words` has the codes that mean something more exact where the
 * call was made. `detail` is what the server said itself, in English, where our words do not say it all.
 */
export function errorText(error: unknown, words: Words = {}): { text: string; detail?: string } {
  if (!(error instanceof ApiError)) return { text: i18n.t('error.unexpected') };
  const exact = (words as Partial<Record<string, string>>)[error.code];
  if (exact) return { text: exact };
  const known = i18n.exists(`error.code.${error.code}`);
  const code = known ? (error.code as Code) : (byStatus[error.status] ?? 'internal');
  const text = i18n.t(`error.code.${code}`);
  return error.detail && (!known || telling.has(error.code)) ? { text, detail: error.detail } : { text };
}
