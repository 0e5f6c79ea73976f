import { flushSync } from 'react-dom';
import type { UseFormReturnType } from '@mantine/form';
import { ApiError } from '@/api/problem';
import { fieldText } from './fieldText';

/**
 * Marks the fields that the server named and returns what is left to be shown above the form: the error itself when none
 * of its fields is in the form, or nothing. `names` gives the form's name of a field of the contract where they differ,
 * `words` what to say of a field whatever the server said. The first that is wrong within `place` gets the focus.
 */
export function markFields<V extends object>(
  form: UseFormReturnType<V>,
  error: unknown,
  names: Record<string, keyof V & string> = {},
  words: Partial<Record<string, string>> = {},
  place?: HTMLElement | null,
): unknown {
  if (!(error instanceof ApiError) || error.fields.length === 0) return error;
  const values = form.getValues();
  const marks = new Map<string, string[]>();
  let unplaced = false;
  for (const problem of error.fields) {
    const name = names[problem.field] ?? problem.field;
    const top = name.split('.')[0] ?? name;
    if (top in values) marks.set(name, [...(marks.get(name) ?? []), words[name] ?? fieldText(problem)]);
    else unplaced = true;
  }
  // At once: what is to get the focus is found by its mark.
  flushSync(() => {
    for (const [name, texts] of marks) form.setFieldError(name, [...new Set(texts)].join('; '));
  });
  if (marks.size > 0) focusFirst(place);
  return unplaced ? error : undefined;
}

/** Puts the focus on the first field that is marked as wrong, once it is drawn so. */
export function focusFirst(place?: HTMLElement | null): void {
  requestAnimationFrame(() =>
    (place ?? document).querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
  );
}
