import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { detailOf, type ReasonCode } from './reasons';

interface Props {
  /** As the server has it: in English where it is Vestnik's own. */
  reason: string;
  code: ReasonCode | null;
}

/** Why something does not move: in plain words where it is Vestnik's own reason, with what else was said. */
export function Reason({ reason, code }: Props) {
  const { t, i18n } = useTranslation();
  const known = code !== null && i18n.exists(`why.${code}`);
  const detail = known ? detailOf(reason, code) : reason;
  const plain = known && (code !== 'manager' || detail === ''); // a manager's words say it all
  const ours = known && code !== 'manager' && code !== 'owner_blocked';
  return (
    <>
      {plain && <Text size="sm">{t(`why.${code}`)}</Text>}
      {detail !== '' && (
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {t(ours ? 'why.said' : 'why.reason')}: <span {...(ours ? { lang: 'en' } : {})}>{detail}</span>
        </Text>
      )}
    </>
  );
}
