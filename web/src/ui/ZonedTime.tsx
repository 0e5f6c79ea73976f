import { Text, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { useNow } from '@/lib/useNow';

interface Props {
  /** null and undefined: not known. */
  at: string | null | undefined;
  /** `both` is "in 12 min · 24 Nov 14:05 MSK"; `relative` has the other in its tooltip. */
  show?: 'both' | 'relative' | 'absolute';
  /** Of the mailing, say; the person's own if absent. */
  zone?: string;
}

/** A time, always with its zone. What is relative keeps up with the clock. */
export function ZonedTime({ at, show = 'absolute', zone }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(show !== 'absolute' && Boolean(at));
  if (!at)
    return (
      <Text span inherit c="dimmed">
        {t('unknown')}
      </Text>
    );
  const sameYear = new Date(at).getFullYear() === now.getFullYear();
  const absolute = format.time(at, { year: !sameYear, ...(zone ? { zone } : {}) });
  const relative = format.relative(at, now);
  const time = (text: string) => (
    <time dateTime={at} className="tabular">
      {text}
    </time>
  );
  if (show === 'absolute') return time(absolute);
  if (show === 'both') return time(`${relative} · ${absolute}`);
  return <Tooltip label={absolute}>{time(relative)}</Tooltip>;
}
