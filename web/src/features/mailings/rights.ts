import type { Me } from '@/api/me';
import type { Mailing } from '@/api/sending';

type Action = 'edit' | 'start' | 'pause' | 'resume' | 'delete' | 'clone' | 'disable' | 'enable';

/**
 * What a person may do with a mailing as it stands. Managers watch and stop; administrators may start anybody's too.
 * What is not among these is not offered.
 */
export function actionsFor(
  me: Pick<Me, 'id' | 'role'>,
  mailing: Pick<Mailing, 'status' | 'owner_id'>,
): Set<Action> {
  const own = me.role !== 'manager' && (mailing.owner_id === undefined || mailing.owner_id === me.id);
  const { status } = mailing;
  const out = new Set<Action>();
  const offer = (action: Action, when: boolean) => when && out.add(action);
  offer('edit', own);
  offer('clone', own);
  offer('delete', own);
  offer('start', (own || me.role === 'admin') && (status === 'scheduled' || status === 'finished'));
  offer('pause', own && (status === 'scheduled' || status === 'running'));
  offer('resume', own && status === 'paused');
  offer('disable', me.role !== 'user' && status !== 'disabled');
  offer('enable', me.role !== 'user' && status === 'disabled');
  return out;
}

/** Whether it is somebody else's, and so is only looked at. */
export function isForeign(me: Pick<Me, 'id' | 'role'>, mailing: Pick<Mailing, 'owner_id'>): boolean {
  return me.role === 'manager' || (mailing.owner_id !== undefined && mailing.owner_id !== me.id);
}
