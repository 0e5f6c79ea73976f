import type { Schema } from '@/api/client';
import type { Mailing } from '@/api/sending';
import { fromLocal, toLocal, type Schedule } from '@/lib/schedule';

/** A mailing as it is being written. Local times are those of the mailing's zone. */
export interface Values {
  name: string;
  list_ids: string[];
  client_ids: string[];
  message_id: string | null;
  /** `now`: as soon as it is saved. */
  begin: 'now' | 'at';
  start_at: string;
  /** Empty for none. */
  end_at: string;
  time_zone: string;
  periodicity: Schema<'Periodicity'>;
  on_unknown: Schema<'OnUnknown'>;
  /** Empty for the default one. */
  provider_id: string;
}

export function emptyValues(zone: string, now: number): Values {
  return {
    name: '',
    list_ids: [],
    client_ids: [],
    message_id: null,
    begin: 'at',
    start_at: toLocal(nextHour(now), zone),
    end_at: '',
    time_zone: zone,
    periodicity: 'once',
    on_unknown: 'hold',
    provider_id: '',
  };
}

const nextHour = (now: number) => (Math.floor(now / 3_600_000) + 1) * 3_600_000;

/** A draft whose start has passed, as that of a copy has: it asks for another. */
const isStaleDraft = ({ status, start_at }: Mailing, now: number) =>
  status === 'draft' && Date.parse(start_at) <= now;

export function valuesOf(mailing: Mailing, now: number): Values {
  const start = Date.parse(mailing.start_at);
  const zone = mailing.time_zone;
  return {
    name: mailing.name,
    list_ids: mailing.list_ids,
    client_ids: mailing.client_ids,
    message_id: mailing.message_id,
    begin: 'at', // nothing goes out at once that was not asked to
    start_at: toLocal(isStaleDraft(mailing, now) ? nextHour(now) : start, zone),
    end_at: mailing.end_at === null ? '' : toLocal(Date.parse(mailing.end_at), zone),
    time_zone: zone,
    periodicity: mailing.periodicity,
    on_unknown: mailing.on_unknown,
    provider_id: mailing.provider_id ?? '',
  };
}

/** Its schedule; undefined while its times or its zone are not complete. */
export function scheduleOf(values: Values, now: number): Schedule | undefined {
  const start = values.begin === 'now' ? now : fromLocal(values.start_at, values.time_zone)?.at;
  const end = values.end_at === '' ? null : fromLocal(values.end_at, values.time_zone)?.at;
  if (start === undefined || end === undefined) return undefined;
  return { start, end, zone: values.time_zone, periodicity: values.periodicity };
}

const instant = (at: number) => new Date(at).toISOString();

/** What a new mailing is made from. */
export function inputOf(values: Values, draft: boolean, now: number): Schema<'MailingInput'> {
  const schedule = scheduleOf(values, now);
  return {
    name: values.name.trim(),
    message_id: values.message_id ?? '',
    list_ids: values.list_ids,
    client_ids: values.client_ids,
    ...(values.begin === 'at' && schedule ? { start_at: instant(schedule.start) } : {}),
    ...(schedule && schedule.end !== null ? { end_at: instant(schedule.end) } : {}),
    time_zone: values.time_zone,
    periodicity: values.periodicity,
    on_unknown: values.on_unknown,
    ...(values.provider_id ? { provider_id: values.provider_id } : {}),
    draft,
  };
}

/** What has changed since `mailing` was read, and nothing else. */
export function patchOf(mailing: Mailing, values: Values, now: number): Schema<'MailingPatch'> {
  const before = valuesOf(mailing, now);
  const patch: Schema<'MailingPatch'> = {};
  if (values.name.trim() !== before.name) patch.name = values.name.trim();
  if (values.message_id && values.message_id !== before.message_id) patch.message_id = values.message_id;
  if (!sameSet(values.list_ids, before.list_ids)) patch.list_ids = values.list_ids;
  if (!sameSet(values.client_ids, before.client_ids)) patch.client_ids = values.client_ids;
  if (values.periodicity !== before.periodicity) patch.periodicity = values.periodicity;
  if (values.on_unknown !== before.on_unknown) patch.on_unknown = values.on_unknown;
  if (values.provider_id !== before.provider_id) patch.provider_id = values.provider_id || null;
  const moved = values.time_zone !== before.time_zone;
  if (moved) patch.time_zone = values.time_zone;
  const schedule = scheduleOf(values, now);
  if (schedule) {
    // A time that was not touched keeps its seconds.
    if (values.begin === 'now' || moved || isStaleDraft(mailing, now) || values.start_at !== before.start_at)
      patch.start_at = instant(schedule.start);
    if (moved || values.end_at !== before.end_at)
      patch.end_at = schedule.end === null ? null : instant(schedule.end);
    if (patch.end_at === null && mailing.end_at === null) delete patch.end_at;
  }
  return patch;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

export type Effect =
  | 'message'
  | 'audience'
  | 'end'
  | 'schedule'
  | 'fixedStart'
  | 'provider'
  | 'onUnknown'
  | 'atOnce'
  | 'again'
  | 'over';

/** What saving a change will do, beyond the change itself, to a mailing that is planned, being sent or over. */
export function effectsOf(mailing: Mailing, patch: Schema<'MailingPatch'>, now: number): Effect[] {
  if (mailing.status === 'draft') return [];
  const out: Effect[] = [];
  const running = mailing.status === 'running';
  const start = patch.start_at === undefined ? undefined : Date.parse(patch.start_at);
  if (running) {
    if (patch.message_id) out.push('message');
    if (patch.list_ids ?? patch.client_ids) out.push('audience');
    if (patch.provider_id !== undefined) out.push('provider');
    if (patch.end_at !== undefined) out.push('end');
    if (start !== undefined && (patch.periodicity ?? mailing.periodicity) === 'once') out.push('fixedStart');
    else if (start !== undefined || patch.periodicity || patch.time_zone) out.push('schedule');
  } else if (start !== undefined) {
    if (mailing.status === 'finished' && start > now) out.push('again');
    if (start <= now && mailing.status === 'scheduled') out.push('atOnce');
  }
  if (patch.on_unknown) out.push('onUnknown');
  if (typeof patch.end_at === 'string' && Date.parse(patch.end_at) <= now) out.push('over');
  return out;
}

/** At most so many clients: someone in two lists counts twice here and gets one message. `exact`: none can. */
export function reachOf(
  values: Pick<Values, 'list_ids' | 'client_ids'>,
  lists: readonly Pick<Schema<'List'>, 'id' | 'clients'>[],
): { most: number; exact: boolean } | undefined {
  let most = values.client_ids.length;
  for (const id of values.list_ids) {
    const list = lists.find((candidate) => candidate.id === id);
    if (!list) return undefined;
    most += list.clients;
  }
  return { most, exact: values.list_ids.length + (values.client_ids.length > 0 ? 1 : 0) <= 1 };
}
