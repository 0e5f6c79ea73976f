import { expect, test } from 'vitest';
import { mayBlock, mayGiveRole, mayUnblock } from './rights';

const user = { id: 'u', role: 'user', status: 'active' } as const;
const admin = { id: 'a', role: 'admin', status: 'active' } as const;
const manager = { id: 'm', role: 'manager', status: 'active' } as const;

test('a manager blocks users and managers, but no administrator and not themselves', () => {
  expect(mayBlock(manager, user)).toBe(true);
  expect(mayBlock(manager, { ...manager, id: 'other' })).toBe(true);
  expect(mayBlock(manager, admin)).toBe(false);
  expect(mayBlock(manager, manager)).toBe(false);
  expect(mayUnblock(manager, { ...user, status: 'blocked' })).toBe(true);
  expect(mayGiveRole(manager, user)).toBe(false);
});

test('an administrator blocks anybody else and gives roles', () => {
  expect(mayBlock(admin, { ...admin, id: 'other' })).toBe(true);
  expect(mayBlock(admin, admin)).toBe(false);
  expect(mayGiveRole(admin, manager)).toBe(true);
  expect(mayGiveRole(admin, admin)).toBe(false);
});

test('what is so already is not offered', () => {
  expect(mayBlock(admin, { ...user, status: 'blocked' })).toBe(false);
  expect(mayUnblock(admin, user)).toBe(false);
});
