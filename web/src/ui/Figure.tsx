import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';

interface Props {
  /** null and undefined: not known, which is never shown as 0. */
  value: number | null | undefined;
  /** With it, the share of it in percent instead. */
  of?: number | null | undefined;
  digits?: number;
}

/** A number in the person's language, or that it is not known. */
export function Figure({ value, of, digits }: Props) {
  const { t } = useTranslation();
  const { number, percent } = useFormat();
  let text: string | undefined;
  if (value !== null && value !== undefined) {
    if (of === undefined) text = number(value, digits);
    else if (of !== null) text = percent(value, of);
  }
  if (text === undefined)
    return (
      <Text span inherit c="dimmed">
        {t('unknown')}
      </Text>
    );
  return <span className="tabular">{text}</span>;
}
