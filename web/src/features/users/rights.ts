import type { Me } from '@/api/me';
import type { Schema } from '@/api/client';

type Who = Pick<Me, 'id' | 'role'>;
type Whom = Pick<Schema<'Account'>, 'id' | 'role' | 'status'>;

/** Nobody blocks themselves, and a manager no administrator. */
export function mayBlock(me: Who, user: Whom): boolean {
  if (me.role === 'user' || me.id === user.id || user.status === 'blocked') return false;
  return me.role === 'admin' || user.role !== 'admin';
}

export function mayUnblock(me: Who, user: Whom): boolean {
  return (
    user.status === 'blocked' && (me.role === 'admin' || (me.role === 'manager' && user.role !== 'admin'))
  );
}

/** Administrators give roles; not to themselves, so that nobody shuts themselves out by a slip. */
export function mayGiveRole(me: Who, user: Whom): boolean {
  return me.role === 'admin' && me.id !== user.id;
}
