import { i18n } from '@/i18n';

type Check = (value: string) => string | null;

/** Checks of a form that need no server. They return what is wrong in the language of the page, or null. */
export const required: Check = (value) => (value.trim() === '' ? i18n.t('field.required') : null);

/** Only what is certainly no address; the server knows the rest. */
export const email: Check = (value) =>
  required(value) ?? (/^\S+@\S+$/.test(value.trim()) ? null : i18n.t('field.email'));

export function atMost(most: number): Check {
  return (value) => ([...value].length > most ? i18n.t('field.tooLong', { most }) : null);
}

export function all(...checks: Check[]): Check {
  return (value) => checks.reduce<string | null>((fault, check) => fault ?? check(value), null);
}
