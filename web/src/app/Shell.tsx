import { useEffect, useRef } from 'react';
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { IconDots, IconMailbox, IconSettings } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe, useSession } from '@/api/me';
import { methodsQuery } from '@/api/methods';
import { Logo } from '@/ui/Logo';
import { AccountMenu } from './AccountMenu';
import { Banners } from './Banners';
import { ConnectionIndicator } from './ConnectionIndicator';
import { navigationFor } from './navigation';
import classes from './Shell.module.css';

/** The frame of every page behind the sign-in: navigation, what holds for the whole account, and the page. */
export function Shell() {
  const { t } = useTranslation();
  const me = useMe();
  const { data: methods } = useQuery(methodsQuery);
  useSession();
  const [opened, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    close();
    main.current?.focus({ preventScroll: true }); // a new page is read from its beginning
  }, [path, close]);

  const items = navigationFor(me.role);
  const isHere = (to: string) => (to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`));
  return (
    <AppShell
      padding={{ base: 'md', md: 'xl' }}
      header={{ height: 52 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      footer={{ height: { base: 56, sm: 0 } }}
    >
      <a href="#content" className="skip-link">
        {t('skip')}
      </a>
      <AppShell.Header className={classes.header}>
        <Burger
          opened={opened}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={t('nav.toggle')}
          aria-expanded={opened}
        />
        <Link to="/" className={classes.brand} aria-label={t('nav.home')}>
          <Logo size={26} />
          <Text fw={650} visibleFrom="xs">
            {t('product')}
          </Text>
        </Link>
        <Group gap="sm" ml="auto">
          <ConnectionIndicator />
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('nav.main')}>
        <AppShell.Section grow component={ScrollArea}>
          {items.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              renderRoot={(props) => <Link to={to} {...props} />}
              label={t(label)}
              leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
              active={isHere(to)}
              aria-current={isHere(to) ? 'page' : undefined}
              className={classes.item}
            />
          ))}
        </AppShell.Section>
        <AppShell.Section>
          {methods?.mailbox && (
            <NavLink
              href="/mailbox" // pages of its own
              label={t('nav.mailbox')}
              leftSection={<IconMailbox size={18} stroke={1.6} aria-hidden />}
              className={classes.item}
            />
          )}
          <NavLink
            renderRoot={(props) => <Link to="/account" {...props} />}
            label={t('nav.settings')}
            leftSection={<IconSettings size={18} stroke={1.6} aria-hidden />}
            active={isHere('/account')}
            className={classes.item}
          />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" ref={main} tabIndex={-1}>
        <div className={classes.page}>
          <Banners />
          <Outlet />
        </div>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" component="nav" aria-label={t('nav.short')} className={classes.bar}>
        {items
          .filter(({ bar }) => bar)
          .map(({ to, label, icon: Icon }) => (
            <Link key={to} to={to} className={classes.tab} data-active={isHere(to) || undefined}>
              <Icon size={20} stroke={1.6} aria-hidden />
              {t(label)}
            </Link>
          ))}
        <UnstyledButton className={classes.tab} onClick={toggle} aria-expanded={opened}>
          <ActionIcon component="span" variant="transparent" size={20} c="inherit" aria-hidden>
            <IconDots size={20} stroke={1.6} />
          </ActionIcon>
          {t('nav.more')}
        </UnstyledButton>
      </AppShell.Footer>
    </AppShell>
  );
}
