import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { meQuery } from '@/api/me';
import * as format from './format';

/** The formats of lib/format in the language of the page and the time zone of the person. */
export function useFormat() {
  const language = useTranslation().i18n.language;
  // Never asks by itself: pages for those who are not signed in use it as well.
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const zone = me?.time_zone ?? format.browserZone();
  return useMemo(
    () => ({
      language,
      zone,
      number: (value: number, digits?: number) => format.formatNumber(value, language, digits),
      percent: (part: number, whole: number) => format.formatPercent(part, whole, language),
      time: (at: Date | string, options?: { seconds?: boolean; year?: boolean; zone?: string }) =>
        format.formatTime(new Date(at), language, options?.zone ?? zone, options),
      date: (at: Date | string) => format.formatDate(new Date(at), language, zone),
      relative: (at: Date | string, now: Date) => format.formatRelative(new Date(at), now, language),
      duration: (ms: number) => format.formatDuration(ms, language),
    }),
    [language, zone],
  );
}
