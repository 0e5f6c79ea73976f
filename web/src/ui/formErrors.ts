import type { UseFormReturnType } from '@mantine/form';
import { ApiError } from '@/api/problem';
import { i18n } from '@/i18n';

/**
 * Marks the fields that the server named and returns what is left to be shown above the form: the error itself when none
 * of its fields is in the form, or nothing. `names` gives the form's name of a field of the contract where they differ,
 * `words` what to say of a field whatever the server said.
 */
export function markFields<V extends object>(
  form: UseFormReturnType<V>,
  error: unknown,
  names: Record<string, keyof V & string> = {},
  words: Partial<Record<string, string>> = {},
): unknown {
  if (!(error instanceof ApiError) || error.fields.length === 0) return error;
  const values = form.getValues();
  let unplaced = false;
  for (const { field, message } of error.fields) {
    const name = names[field] ?? field;
    const top = name.split('.')[0] ?? name;
    if (top in values) {
      // The server speaks English.
      form.setFieldError(
        name,
        words[name] ?? (i18n.language === 'en' ? capital(message) : i18n.t('field.server', { message })),
      );
    } else unplaced = true;
  }
  focusFirst();
  return unplaced ? error : undefined;
}

function capital(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function focusFirst() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
}
