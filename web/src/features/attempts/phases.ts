import type strings from './en.json';

type Phase = keyof (typeof strings)['phase'];
const phases: readonly string[] = [
  'dial',
  'banner',
  'hello',
  'tls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'body',
  'dot',
  'request',
  'response',
] satisfies Phase[];

/** Whether we have words for the part of the dialogue in which something was said. */
export function isPhase(phase: string): phase is Phase {
  return phases.includes(phase);
}
