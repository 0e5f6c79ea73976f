// Types the keys of t(): a key that is not in the English strings does not compile.
import type common from './en.json';
import type dashboard from '../features/dashboard/en.json';
import type clients from '../features/clients/en.json';
import type lists from '../features/lists/en.json';
import type imports from '../features/imports/en.json';
import type messages from '../features/messages/en.json';
import type mailings from '../features/mailings/en.json';
import type attempts from '../features/attempts/en.json';
import type reports from '../features/reports/en.json';
import type users from '../features/users/en.json';
import type welcome from '../features/welcome/en.json';
import type audit from '../features/audit/en.json';
import type providers from '../features/providers/en.json';
import type account from '../features/account/en.json';
import type auth from '../features/auth/en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    returnNull: false;
    resources: {
      common: typeof common;
      dashboard: typeof dashboard;
      clients: typeof clients;
      lists: typeof lists;
      imports: typeof imports;
      messages: typeof messages;
      mailings: typeof mailings;
      attempts: typeof attempts;
      reports: typeof reports;
      users: typeof users;
      welcome: typeof welcome;
      audit: typeof audit;
      providers: typeof providers;
      account: typeof account;
      auth: typeof auth;
    };
  }
}
