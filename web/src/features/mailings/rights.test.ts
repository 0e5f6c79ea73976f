import { expect, test } from 'vitest';
import { actionsFor, isForeign } from './rights';

const of = (...args: Parameters<typeof actionsFor>) => [...actionsFor(...args)].sort();

test('an owner edits, starts and holds what is theirs', () => {
  const me = { id: 'me', role: 'user' } as const;
  expect(of(me, { status: 'scheduled' })).toEqual(['clone', 'delete', 'edit', 'pause', 'start']);
  expect(of(me, { status: 'paused', owner_id: 'me' })).toEqual(['clone', 'delete', 'edit', 'resume']);
  expect(of(me, { status: 'disabled' })).toEqual(['clone', 'delete', 'edit']);
});

test('a manager only stops', () => {
  const me = { id: 'me', role: 'manager' } as const;
  expect(of(me, { status: 'running', owner_id: 'you' })).toEqual(['disable']);
  expect(of(me, { status: 'disabled', owner_id: 'you' })).toEqual(['enable']);
  expect(isForeign(me, {})).toBe(true);
});

test('an administrator starts and stops what is not theirs, and edits what is', () => {
  const me = { id: 'me', role: 'admin' } as const;
  expect(of(me, { status: 'scheduled', owner_id: 'you' })).toEqual(['disable', 'start']);
  expect(of(me, { status: 'scheduled', owner_id: 'me' })).toEqual([
    'clone',
    'delete',
    'disable',
    'edit',
    'pause',
    'start',
  ]);
});
