/** As the server has it: up to 64 letters, digits and `_`, no digit first. */
export function isAttributeName(name: string): boolean {
  return [...name].length <= 64 && /^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name);
}
