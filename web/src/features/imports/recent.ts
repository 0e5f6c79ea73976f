/** Imports begun in this browser, newest first: it alone knows the names of their files. */
export interface Recent {
  id: string;
  name: string;
  at: string;
}

const MOST = 20;
const key = (user: string) => `vestnik-imports-${user}`;

export function recentImports(user: string): Recent[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key(user)) ?? '[]');
    return Array.isArray(stored) ? (stored as Recent[]).filter(({ id }) => typeof id === 'string') : [];
  } catch {
    return []; // storage is forbidden, or what is in it is not ours
  }
}

export function rememberImport(user: string, entry: Recent): void {
  try {
    const rest = recentImports(user).filter(({ id }) => id !== entry.id);
    localStorage.setItem(key(user), JSON.stringify([entry, ...rest].slice(0, MOST)));
  } catch {
    // storage is forbidden: the address of the import's page is what is left
  }
}
