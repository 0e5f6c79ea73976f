import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema.gen';
import { ApiError, problemOf } from './problem';

/** A schema of the contract by its name: `Schema<'Mailing'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

let signedOut: () => void = () => undefined;

/** What is to happen when an answer says that the session is over. */
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

// Every answer that is no success is thrown, so that callers and TanStack Query see one kind of error.
const throwProblems: Middleware = {
  async onResponse({ request, response }) {
    if (response.ok) return;
    const error = await problemOf(response);
    // A refused sign-in is no lost session.
    if (error.status === 401 && !new URL(request.url).pathname.startsWith('/api/v1/auth/')) signedOut();
    throw error;
  },
  onError({ error }) {
    return error instanceof Error && error.name === 'AbortError' ? error : ApiError.network(error);
  },
};

/**
 * The REST API. A call resolves with `data` or rejects with an {@link ApiError}; see {@link call} for the short form.
 * `fetch` is looked up at each call, so that tests can put theirs in its place.
 */
export const api = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? '/api/v1' : `${location.origin}/api/v1`,
  credentials: 'same-origin',
  fetch: (request) => globalThis.fetch(request),
});
api.use(throwProblems);

/** The data of a call that answers with some: `await call(api.GET('/me'))`. */
export async function call<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  const { data } = await answer;
  if (data === undefined || data === null) throw new ApiError({ status: 0, code: 'empty_answer' });
  return data;
}

/** A call that answers with nothing. */
export async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}
