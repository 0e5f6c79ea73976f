import { useState, type FormEvent } from 'react';
import type { UseFormReturnType } from '@mantine/form';
import { focusFirst, markFields } from './formErrors';

/**
 * Sends a form: `pending` while it is on its way, so that it goes once; fields the server named are marked, and what else
 * went wrong is in `error`, for an ErrorState above the form. `names` and `words`: see {@link markFields}.
 */
export function useSubmit<V extends object>(
  form: UseFormReturnType<V>,
  send: (values: V) => Promise<void>,
  names?: Record<string, keyof V & string>,
  words?: Partial<Record<keyof V & string, string>>,
) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (values: V, place: HTMLElement | undefined) => {
    if (pending) return;
    setPending(true);
    setError(undefined);
    try {
      await send(values);
    } catch (failure) {
      setError(markFields(form, failure, names, words, place));
    } finally {
      setPending(false);
    }
  };
  const onSubmit = form.onSubmit(
    (values, event: FormEvent<HTMLFormElement> | undefined) => void submit(values, event?.currentTarget),
    (_errors, _values, event: FormEvent<HTMLFormElement> | undefined) => {
      focusFirst(event?.currentTarget);
    },
  );
  return { onSubmit, pending, error };
}
