import {
  IconAddressBook,
  IconChartBar,
  IconClipboardList,
  IconFileImport,
  IconHistory,
  IconLayoutDashboard,
  IconListDetails,
  IconMail,
  IconSend,
  IconServer,
  IconUsers,
} from '@tabler/icons-react';
import type { Schema } from '@/api/client';

type Role = Schema<'Role'>;

export interface NavigationItem {
  to: string;
  /** Key of its name in the common strings. */
  label:
    | 'nav.dashboard'
    | 'nav.mailings'
    | 'nav.messages'
    | 'nav.clients'
    | 'nav.lists'
    | 'nav.imports'
    | 'nav.reports'
    | 'nav.log'
    | 'nav.users'
    | 'nav.providers'
    | 'nav.audit';
  icon: typeof IconMail;
  /** Who sees it; everybody if absent. */
  roles?: readonly Role[];
  /** Whether it has a place in the bottom bar of a phone. */
  bar?: boolean;
}

/** The navigation, in its order. What a role may not do is not offered. */
export const navigation: readonly NavigationItem[] = [
  { to: '/', label: 'nav.dashboard', icon: IconLayoutDashboard, bar: true },
  { to: '/mailings', label: 'nav.mailings', icon: IconSend, bar: true },
  { to: '/messages', label: 'nav.messages', icon: IconMail, bar: true },
  { to: '/clients', label: 'nav.clients', icon: IconAddressBook, bar: true },
  { to: '/lists', label: 'nav.lists', icon: IconListDetails },
  { to: '/imports', label: 'nav.imports', icon: IconFileImport, roles: ['user', 'admin'] },
  { to: '/reports', label: 'nav.reports', icon: IconChartBar },
  { to: '/attempts', label: 'nav.log', icon: IconHistory },
  { to: '/users', label: 'nav.users', icon: IconUsers, roles: ['manager', 'admin'] },
  { to: '/providers', label: 'nav.providers', icon: IconServer, roles: ['admin'] },
  { to: '/audit', label: 'nav.audit', icon: IconClipboardList, roles: ['admin'] },
];

export function navigationFor(role: Role): readonly NavigationItem[] {
  return navigation.filter(({ roles }) => !roles || roles.includes(role));
}
