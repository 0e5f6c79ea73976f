import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { i18n } from '@/i18n';

interface Question {
  /** What will be done, with the name of the thing: "Delete the list “Customers”?" */
  title: string;
  /** What it means, and whether it can be taken back. */
  text: string;
  /** The verb of the button. */
  action: string;
  /** Red for what cannot be taken back. */
  danger?: boolean;
  onConfirm: () => void;
  /** However the question was left without a yes. */
  onCancel?: () => void;
}

/** Asks before something is done; the title names the thing. */
export function confirmAction({ title, text, action, danger = true, onConfirm, onCancel }: Question): void {
  let confirmed = false;
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm: action, cancel: i18n.t('action.cancel') },
    confirmProps: danger ? { color: 'red.9' } : {}, // white on a lighter red is hard to read
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': i18n.t('action.close') },
    onConfirm: () => {
      confirmed = true;
      onConfirm();
    },
    onClose: () => {
      if (!confirmed) onCancel?.();
    },
  });
}
