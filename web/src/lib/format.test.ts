import { describe, expect, test } from 'vitest';
import { formatDuration, formatNumber, formatPercent, formatRelative, formatTime } from './format';

const at = new Date('2026-11-24T11:05:00Z');

describe('numbers', () => {
  test('are grouped as the language does', () => {
    expect(formatNumber(12431, 'en')).toBe('12,431');
    expect(formatNumber(1234, 'ru')).toBe('1\u202f234');
    expect(formatNumber(0, 'ru')).toBe('0');
  });

  test('a share is never rounded to all or none', () => {
    expect(formatPercent(1, 1_000_000, 'en')).toBe('0.1%');
    expect(formatPercent(999_999, 1_000_000, 'en')).toBe('99.9%');
    expect(formatPercent(5, 5, 'en')).toBe('100%');
    expect(formatPercent(0, 5, 'en')).toBe('0%');
    expect(formatPercent(0, 0, 'en')).toBeUndefined();
  });
});

describe('times', () => {
  test('have their zone beside them', () => {
    expect(formatTime(at, 'en', 'Europe/Moscow', { year: false })).toMatch(/24.*14:05 MSK$/);
    expect(formatTime(at, 'ru', 'Europe/Moscow')).toMatch(/^24 нояб.* 2026.*14:05 МСК$/);
    expect(formatTime(at, 'en', 'UTC')).toMatch(/11:05 UTC$/);
    expect(formatTime(at, 'en', 'Asia/Yekaterinburg')).toMatch(/16:05 GMT\+5$/);
  });

  test('are told from now', () => {
    const now = new Date('2026-11-24T10:53:00Z');
    expect(formatRelative(at, now, 'en')).toMatch(/^in 12 min/);
    expect(formatRelative(now, at, 'ru')).toMatch(/^12 мин.* назад$/);
    expect(formatRelative(at, at, 'en')).toBe('now');
  });

  test('durations have two units at most', () => {
    expect(formatDuration(340, 'en')).toBe('340 ms');
    expect(formatDuration(12_000, 'ru')).toBe('12 с');
    expect(formatDuration(200_000, 'en')).toBe('3 min 20 s');
    expect(formatDuration(3_900_000, 'en')).toBe('1 h 05 min');
    expect(formatDuration(59_999, 'en')).toBe('1 min 00 s');
  });
});
