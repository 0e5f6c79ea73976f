export type Step = 'account' | 'mail' | 'sample';

const KEY = 'vestnik-welcome';
const later: readonly string[] = ['mail', 'sample'];

/** Where somebody is who has made the administrator in this tab; undefined for everybody else. */
export function wizardStep(): 'mail' | 'sample' | undefined {
  try {
    const step = sessionStorage.getItem(KEY);
    return step !== null && later.includes(step) ? (step as 'mail' | 'sample') : undefined;
  } catch {
    return undefined; // storage is forbidden: the wizard ends with a reload
  }
}

/** Remembers where the wizard is until the tab is closed; `undefined`: it is done. */
export function rememberStep(step: 'mail' | 'sample' | undefined): void {
  try {
    if (step) sessionStorage.setItem(KEY, step);
    else sessionStorage.removeItem(KEY);
  } catch {
    // see above
  }
}
