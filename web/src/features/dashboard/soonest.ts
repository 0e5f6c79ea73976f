import type { Mailing } from '@/api/sending';

/** The mailings that start next, soonest first; those that are not planned yet are left out. */
export function soonest(mailings: readonly Mailing[], count: number): Mailing[] {
  return mailings
    .filter(({ next_at }) => next_at !== null)
    .sort((a, b) => Date.parse(a.next_at ?? '') - Date.parse(b.next_at ?? ''))
    .slice(0, count);
}
