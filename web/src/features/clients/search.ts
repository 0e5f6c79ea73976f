/** What the address of the page says: filters, and what is open. */
export interface ClientsSearch {
  q?: string;
  list?: string;
  /** Only clients to whom mail is sent, or only those to whom nothing is. */
  mail?: 'on' | 'off';
  /** Addresses to which nothing is sent, in place of the clients. */
  view?: 'suppressed';
  /** The client whose card is open, or `new`. */
  client?: string;
}

export function readSearch(search: Record<string, unknown>): ClientsSearch {
  const text = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  const out: ClientsSearch = {};
  for (const key of ['q', 'list', 'client'] as const) {
    const value = text(search[key]);
    if (value) out[key] = value;
  }
  if (search.mail === 'on' || search.mail === 'off') out.mail = search.mail;
  if (search.view === 'suppressed') out.view = 'suppressed';
  return out;
}

/** The search with some of it changed; what is empty is left out. */
export function withSearch(old: ClientsSearch, change: { [K in keyof ClientsSearch]: string | null }) {
  return readSearch({ ...old, ...change });
}
