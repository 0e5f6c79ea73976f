import { notifications } from '@mantine/notifications';
import { errorText } from './errorText';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'accent' });
}

/** For what failed beside a form; a form shows {@link ErrorState} in itself. Stays until it is closed. */
export function notifyError(error: unknown, words?: Partial<Record<string, string>>): void {
  const { text, detail } = errorText(error, words);
  notifications.show({ message: detail ? `${text} (${detail})` : text, color: 'red', autoClose: false });
}
