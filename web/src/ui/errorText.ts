import { i18n } from '@/i18n';
import { ApiError } from '@/api/problem';
import { formatDuration } from '@/lib/format';
import type common from '@/i18n/en.json';

type Code = keyof (typeof common)['error']['code'];

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

/**
 * What happened and what to do, in the language of the page. `words` has the codes, or statuses, that mean something more exact where
 * the call was made. `detail` is what the server said itself, in English, where our words do not say it all.
 */
export function errorText(
  error: unknown,
  words: Partial<Record<string, string>> = {},
): { text: string; detail?: string } {
  if (!(error instanceof ApiError)) return { text: i18n.t('error.unexpected') };
  const exact = words[error.code] ?? words[String(error.status)];
  if (exact) return { text: exact };
  if (error.status === 429 && error.retryAfter) {
    return {
      text: i18n.t('error.code.too_many_wait', {
        wait: formatDuration(error.retryAfter * 1000, i18n.language),
      }),
    };
  }
  const known = i18n.exists(`error.code.${error.code}`);
  const code = known ? (error.code as Code) : (byStatus[error.status] ?? 'internal');
  const text = i18n.t(`error.code.${code}`);
  return error.detail && !known ? { text, detail: error.detail } : { text };
}
