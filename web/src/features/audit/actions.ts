import type strings from './en.json';

/** An action as a key of our strings: the dots of its name would be levels there. */
export type Action = keyof (typeof strings)['action'];

const known: readonly Action[] = [
  'user_block',
  'user_unblock',
  'user_role',
  'user_register',
  'user_confirm',
  'user_delete',
  'user_restore',
  'user_removed',
  'password_change',
  'password_reset',
  'email_change',
  'session_begin',
  'session_end',
  'api_key_create',
  'api_key_revoke',
  'second_factor_on',
  'second_factor_off',
  'second_factor_codes',
  'mailing_disable',
  'mailing_enable',
  'mailing_start',
];

export const actions: readonly { name: string; key: Action }[] = known.map((key) => {
  const at = key.lastIndexOf('_');
  return { key, name: `${key.slice(0, at)}.${key.slice(at + 1)}` };
});

/** The words for an action, if we have some: later versions of the server may know more. */
export function actionKey(name: string): Action | undefined {
  return actions.find((action) => action.name === name)?.key;
}

/** What changed, a line for each field: its name, as it was, as it is. */
export function changesOf(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): { field: string; before: string | undefined; after: string | undefined }[] {
  const text = (value: unknown) =>
    value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((field) => ({
    field,
    before: text(before[field]),
    after: text(after[field]),
  }));
}
