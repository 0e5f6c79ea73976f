import type { Schema } from '@/api/client';
import type { Bar } from '@/ui/OutcomeChart';

/** The stretches of a timeline as bars, named by the clock of the person, with the date where they reach over days. */
export function barsOf(
  timeline: readonly Schema<'TimelineBucket'>[],
  seconds: number,
  language: string,
  zone: string,
): Bar[] {
  const long = seconds * timeline.length > 86_400;
  const options = { timeZone: zone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' } as const;
  const label = new Intl.DateTimeFormat(language, {
    ...options,
    ...(seconds < 60 ? { second: '2-digit' } : {}),
    ...(long ? { day: 'numeric', month: 'numeric' } : {}),
  });
  const name = new Intl.DateTimeFormat(language, {
    ...options,
    day: 'numeric',
    month: 'short',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return timeline.map(({ at, totals }) => {
    const date = new Date(at);
    return { key: at, label: label.format(date), name: name.format(date), totals };
  });
}
