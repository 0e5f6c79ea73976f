import type { Schema } from '@/api/client';
import type { Bar } from './OutcomeChart';

/** The days of a summary as bars. A day has no zone any more: it is read as it is written. */
export function barsOfDays(days: readonly Schema<'SummaryDay'>[], language: string): Bar[] {
  const options = { timeZone: 'UTC', day: 'numeric' } as const;
  const label = new Intl.DateTimeFormat(language, { ...options, month: 'short' });
  const name = new Intl.DateTimeFormat(language, { ...options, weekday: 'short', month: 'long' });
  return days.map(({ date, totals }) => {
    const day = new Date(`${date}T00:00:00Z`);
    return { key: date, label: label.format(day).replace('.', ''), name: name.format(day), totals };
  });
}
