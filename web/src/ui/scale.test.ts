import { expect, test } from 'vitest';
import { ticks } from './scale';

test.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [3, [0, 1, 2, 3]],
  [100, [0, 50, 100]],
  [12_431, [0, 5_000, 10_000, 15_000]],
])('the axis of %d', (most, marks) => {
  expect(ticks(most)).toEqual(marks);
});
