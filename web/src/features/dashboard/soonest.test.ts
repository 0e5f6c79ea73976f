import { expect, test } from 'vitest';
import type { Mailing } from '@/api/sending';
import { soonest } from './soonest';

test('the soonest come first, whatever their zones, and nothing that is not planned', () => {
  const mailing = (id: string, next_at: string | null) => ({ id, next_at }) as Mailing;
  const found = soonest(
    [
      mailing('later', '2026-11-24T09:00:00+03:00'),
      mailing('none', null),
      mailing('first', '2026-11-24T05:59:00Z'),
      mailing('last', '2027-01-01T00:00:00Z'),
    ],
    2,
  );
  expect(found.map(({ id }) => id)).toEqual(['first', 'later']);
});
