import type { FieldProblem } from '@/api/problem';
import type { Schema } from '@/api/client';
import { i18n } from '@/i18n';
import { formatNumber } from '@/lib/format';

/**
 * What is wrong with a field, in the language of the page: by its code, which may be newer than this page; then it is what the
 * server says itself.
 */
export function fieldText({ code, params = {}, message }: Omit<FieldProblem, 'field'>): string {
  if (isKnown(code) && code !== 'invalid')
    return i18n.t(`fault.${code}`, { ...shown(params, code === 'year_out_of_range'), message });
  // The server speaks English.
  return i18n.language === 'en' ? capital(message) : i18n.t('field.server', { message });
}

function isKnown(code: string): code is Schema<'FieldCode'> {
  return i18n.exists(`fault.${code}`);
}

/** Parameters as they are read. Years have no thousands. */
function shown(params: Record<string, unknown>, plain: boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'number' && !plain
        ? formatNumber(value, i18n.language)
        : Array.isArray(value)
          ? value.join(', ')
          : String(value),
    ]),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
