import { expect, test } from 'vitest';
import { safeReturnPath } from './returnPath';

test('only paths of this site are gone to', () => {
  expect(safeReturnPath('/mailings?status=running#x')).toBe('/mailings?status=running#x');
  for (const bad of [
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
  ]) {
    expect(safeReturnPath(bad), String(bad)).toMatch(/^\/(?!\/)/);
    expect(safeReturnPath(bad), String(bad)).not.toMatch(/^\/\/|^[^/]/);
  }
});
