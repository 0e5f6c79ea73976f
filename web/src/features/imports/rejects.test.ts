import { expect, test } from 'vitest';
import { keep, rateOf, type Point } from './rate';
import { groupRejects, readRejects } from './rejects';

test('bad rows are grouped by reason, the most frequent first', () => {
  const file =
    'line,reason,email,row\n' +
    '2,has 1 field where the first line has 3,,x\n' +
    '7,"the domain ""a"" has no dot",b@a,"b@a,Анна"\n' +
    '9,"the domain ""c,d"" has no dot","b@c,d","b@c,d,\nx"\n';
  expect(
    groupRejects(readRejects(file, true)).map(({ reason, count, example }) => [reason, count, example.line]),
  ).toEqual([
    ['the domain "…" has no dot', 2, '7'],
    ['has 1 field where the first line has 3', 1, '2'],
  ]);
});

test('the beginning of the file leaves its cut row out', () => {
  expect(readRejects('line,reason,email,row\n2,a,b,c\n3,a', false)).toHaveLength(1);
});

test('a rate is that of the last seconds, and not known at first', () => {
  let points: Point[] = [];
  expect(rateOf(points)).toBeUndefined();
  for (let second = 0; second <= 60; second++) {
    points = keep(points, { at: second * 1000, rows: second < 30 ? second : 30 + (second - 30) * 100 });
    if (second === 0) expect(rateOf(points)).toBeUndefined();
  }
  expect(rateOf(points)).toBe(100);
  expect(points.length).toBeLessThan(15);
});
