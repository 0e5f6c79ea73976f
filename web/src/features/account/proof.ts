/** The password as the contract wants it: absent for accounts that have none. */
export function proof(hasPassword: boolean, password: string): { password?: string } {
  return hasPassword ? { password } : {};
}
