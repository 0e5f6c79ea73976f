import { expect, test } from 'vitest';
import { actionKey, changesOf } from './actions';

test('names of actions lead to their words', () => {
  expect(actionKey('user.block')).toBe('user_block');
  expect(actionKey('api_key.create')).toBe('api_key_create');
  expect(actionKey('second_factor.codes')).toBe('second_factor_codes');
  expect(actionKey('something.new')).toBeUndefined();
});

test('changes have what was and what is', () => {
  expect(changesOf({ role: 'user' }, { role: 'manager', scopes: ['read'] })).toEqual([
    { field: 'role', before: 'user', after: 'manager' },
    { field: 'scopes', before: undefined, after: '["read"]' },
  ]);
});
