import { api, call, done } from '@/api/client';
import { ApiError } from '@/api/problem';
import type { Language } from '@/i18n';
import { people, wordsOf } from './sampleData';

/** How many things the sample is: a list, its clients, a message and a mailing. */
export const PARTS = people.length + 3;

/** The thing with this name that is there already, or a new one: whoever begins again after a reload gets nothing twice. */
async function once<T>(
  there: Promise<{ items: T[] }>,
  is: (item: T) => boolean,
  make: () => Promise<T>,
): Promise<T> {
  return (await there).items.find(is) ?? (await make());
}

const all = { params: { query: { limit: 500 } } };

/** A client, or the one who has the address already. */
async function client(body: { email: string; full_name: string; attributes: Record<string, string> }) {
  try {
    return await call(api.POST('/clients', { body: { ...body, comment: '' } }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    const { items } = await call(api.GET('/clients', { params: { query: { q: body.email, limit: 10 } } }));
    const found = items.find(({ email }) => email === body.email);
    if (!found) throw error;
    return found;
  }
}

/**
 * Makes something to look at, by the calls that anybody has: nobody is mailed, for the mailing is a draft and the addresses
 * are those of examples. `onMade` is told how much there is of {@link PARTS}. It is safe to repeat.
 */
export async function makeSample(language: Language, onMade: (made: number) => void): Promise<void> {
  const words = wordsOf(language);
  let made = 0;
  const next = () => {
    onMade(++made);
  };
  const list = await once(
    call(api.GET('/lists', all)),
    ({ name }) => name === words.list,
    () => call(api.POST('/lists', { body: { name: words.list } })),
  );
  next();
  for (const person of people) {
    const { id } = await client({
      email: person.email,
      full_name: person[language].name,
      attributes: { city: person[language].city, plan: person.plan },
    });
    await done(
      api.PUT('/lists/{id}/clients/{client_id}', { params: { path: { id: list.id, client_id: id } } }),
    );
    next();
  }
  const { subject, html } = words.message;
  const message: { id: string; subject: string } = await once(
    call(api.GET('/messages', all)) as Promise<{ items: { id: string; subject: string }[] }>,
    (item) => item.subject === subject,
    () => call(api.POST('/messages', { body: { subject, html, text: '' } })),
  );
  next();
  await once(
    call(api.GET('/mailings', all)),
    ({ name }) => name === words.mailing,
    () =>
      call(
        api.POST('/mailings', {
          body: {
            name: words.mailing,
            message_id: message.id,
            client_ids: [],
            list_ids: [list.id],
            draft: true,
            time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
            periodicity: 'once',
            on_unknown: 'hold',
          },
        }),
      ),
  );
  next();
}
