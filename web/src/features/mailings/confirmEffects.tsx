import { List, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { i18n } from '@/i18n';
import { confirmAction } from '@/ui/confirm';
import type { Effect } from './form';

/** Says what a change does before it is saved; resolves with whether it is to be. */
export function confirmEffects(name: string, effects: readonly Effect[]): Promise<boolean> {
  const t = i18n.getFixedT(null, 'mailings');
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title: t('effects.title', { name }),
      children: (
        <>
          <Text size="sm" mb="xs">
            {t('effects.text')}
          </Text>
          <List size="sm" spacing="xs">
            {effects.map((effect) => (
              <List.Item key={effect}>{t(`effects.${effect}`)}</List.Item>
            ))}
          </List>
        </>
      ),
      labels: { confirm: t('effects.action'), cancel: t('action.cancel', { ns: 'common' }) },
      cancelProps: { 'data-autofocus': true },
      closeButtonProps: { 'aria-label': t('action.close', { ns: 'common' }) },
      onConfirm: () => {
        resolve(true);
      },
      onClose: () => {
        resolve(false);
      },
    });
  });
}

/** Asks before a mailing goes out at once; resolves with whether it is to. */
export function confirmStart(name: string): Promise<boolean> {
  const t = i18n.getFixedT(null, 'mailings');
  return new Promise((resolve) => {
    confirmAction({
      title: t('start.title', { name }),
      text: t('start.text'),
      action: t('start.action'),
      danger: false,
      onConfirm: () => {
        resolve(true);
      },
      onCancel: () => {
        resolve(false);
      },
    });
  });
}
