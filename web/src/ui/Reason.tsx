import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { knownReason } from './reasons';

/** Why something does not move: in plain words where we have some, and as it was said. */
export function Reason({ reason }: { reason: string }) {
  const { t } = useTranslation();
  const known = knownReason(reason);
  return (
    <>
      {known && <Text size="sm">{t(`why.${known}`)}</Text>}
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {t(known ? 'why.said' : 'why.reason')}: <span {...(known ? { lang: 'en' } : {})}>{reason}</span>
      </Text>
    </>
  );
}
