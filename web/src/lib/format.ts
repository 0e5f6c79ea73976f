/** Numbers, times and sizes as a language writes them. Nothing here knows the page; what is not known is for the caller. */

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: () => T,
): T {
  const found = formats.get(key) as T | undefined;
  if (found) return found;
  const made = make();
  formats.set(key, made);
  return made;
}

/** 12,431 or 12 431: Russian groups with narrow spaces, from four digits on. */
export function formatNumber(value: number, language: string, digits = 0): string {
  const format = cached(
    `n${language}${String(digits)}`,
    () => new Intl.NumberFormat(language, { maximumFractionDigits: digits, useGrouping: 'always' }),
  );
  const text = format.format(value);
  return language.startsWith('ru') ? text.replaceAll('\u00a0', '\u202f') : text;
}

/**
 * part of whole in percent; undefined when there is nothing to divide. Rounding never says that all or none were when
 * that is not so: 99.96 % is 99.9 %.
 */
export function formatPercent(part: number, whole: number, language: string): string | undefined {
  if (whole <= 0) return undefined;
  let share = part / whole;
  if (part > 0 && share < 0.001) share = 0.001;
  if (part < whole && share > 0.999) share = 0.999;
  return cached(
    `p${language}`,
    () => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }),
  ).format(share);
}

/** 24 Nov 2026, 14:05 MSK. The zone is always beside the time. */
export function formatTime(
  at: Date,
  language: string,
  zone: string,
  options: { seconds?: boolean; year?: boolean } = {},
): string {
  const { seconds = false, year = true } = options;
  const text = cached(
    `t${language}|${zone}|${String(seconds)}|${String(year)}`,
    () =>
      new Intl.DateTimeFormat(language, {
        timeZone: zone,
        day: 'numeric',
        month: 'short',
        ...(year ? { year: 'numeric' } : {}),
        hour: '2-digit',
        minute: '2-digit',
        ...(seconds ? { second: '2-digit' } : {}),
        hourCycle: 'h23',
      }),
  ).format(at);
  return `${text} ${zoneName(at, language, zone)}`;
}

/** 24 Nov 2026. */
export function formatDate(at: Date, language: string, zone: string): string {
  return cached(
    `d${language}|${zone}`,
    () =>
      new Intl.DateTimeFormat(language, { timeZone: zone, day: 'numeric', month: 'short', year: 'numeric' }),
  ).format(at);
}

/** How a zone is called at that time: MSK where there is such a name, GMT+5 elsewhere. */
export function zoneName(at: Date, language: string, zone: string): string {
  if (zone === 'Europe/Moscow' && at.getTime() > Date.UTC(2014, 9, 27))
    return language.startsWith('ru') ? 'МСК' : 'MSK';
  const parts = cached(
    `z${language}|${zone}`,
    () => new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: 'short' }),
  ).formatToParts(at);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** in 12 min, 3 hr ago, now. */
export function formatRelative(at: Date, now: Date, language: string): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const format = cached(
    `r${language}`,
    () => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }),
  );
  const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return format.format(Math.trunc(seconds / length), unit);
}

/** 1 h 05 min, 3 min 20 s, 12 s, 340 ms. */
export function formatDuration(ms: number, language: string): string {
  const ru = language.startsWith('ru');
  const [h, m, s, f] = ru ? ['ч', 'мин', 'с', 'мс'] : ['h', 'min', 's', 'ms'];
  if (ms < 1000) return `${formatNumber(Math.round(ms), language)} ${f}`;
  const all = Math.round(ms / 1000);
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), all % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${formatNumber(hours, language)} ${h} ${two(minutes)} ${m}`;
  return minutes > 0 ? `${String(minutes)} ${m} ${two(seconds)} ${s}` : `${String(seconds)} ${s}`;
}

/** Every zone the browser knows, with UTC. */
export function timeZones(): string[] {
  const zones = Intl.supportedValuesOf('timeZone');
  return zones.includes('UTC') ? zones : ['UTC', ...zones];
}

/** The browser's own zone. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}
