import type { Client } from './queries';

/** The chosen clients by their ids, in the order they were chosen; of each what a dialog needs to name it. */
export type Selection = ReadonlyMap<string, Chosen>;
export interface Chosen {
  id: string;
  email: string;
}
export const none: Selection = new Map();

const chosen = ({ id, email }: Client | Chosen): Chosen => ({ id, email });

export function toggle(selection: Selection, client: Client): Selection {
  const out = new Map(selection);
  if (!out.delete(client.id)) out.set(client.id, chosen(client));
  return out;
}

/** Whether all, some or none of these are chosen. */
export function stateOf(selection: Selection, clients: readonly Client[]): 'all' | 'some' | 'none' {
  const count = clients.filter(({ id }) => selection.has(id)).length;
  if (count === 0) return 'none';
  return count === clients.length ? 'all' : 'some';
}

/** Chooses all of these, or none of them if all were; what was chosen elsewhere stays. */
export function toggleAll(selection: Selection, clients: readonly Client[]): Selection {
  const out = new Map(selection);
  if (stateOf(selection, clients) === 'all') for (const { id } of clients) out.delete(id);
  else for (const client of clients) out.set(client.id, chosen(client));
  return out;
}

/** Chooses from the client that was touched last to this one, as the table has them. */
export function extend(
  selection: Selection,
  clients: readonly Client[],
  from: string,
  to: string,
): Selection {
  const [a, b] = [from, to].map((wanted) => clients.findIndex(({ id }) => id === wanted));
  if (a === undefined || b === undefined || a < 0 || b < 0) return selection;
  const out = new Map(selection);
  for (const client of clients.slice(Math.min(a, b), Math.max(a, b) + 1)) out.set(client.id, chosen(client));
  return out;
}

export function selectionOf(clients: readonly (Client | Chosen)[]): Selection {
  return new Map(clients.map((client) => [client.id, chosen(client)]));
}
