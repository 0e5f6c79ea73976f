import { notifications } from '@mantine/notifications';
import { ApiError } from '@/api/problem';
import { errorText, waitText, type Words } from './errorText';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'accent' });
}

/** For what failed beside a form; a form shows {@link ErrorState} in itself. Stays until it is closed. */
export function notifyError(error: unknown, words?: Words): void {
  const { text, detail } = errorText(error, words);
  const wait = error instanceof ApiError && error.retryAfter ? waitText(error.retryAfter * 1000) : '';
  notifications.show({
    message: [detail ? `${text} (${detail})` : text, wait].filter(Boolean).join(' '),
    color: 'red',
    autoClose: false,
  });
}
