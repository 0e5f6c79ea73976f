import { Stack, Tabs } from '@mantine/core';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

const tabs = { profile: '/account', security: '/account/security', keys: '/account/keys' } as const;
type Tab = keyof typeof tabs;

export function AccountPage() {
  const { t } = useTranslation('account');
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname.replace(/\/$/, '') });
  const names = Object.keys(tabs) as Tab[];
  const open = names.find((tab) => tabs[tab] === path) ?? 'profile';
  return (
    <>
      <PageHeader title={t('title')} />
      <Tabs value={open} onChange={(tab) => void navigate({ to: tabs[tab as Tab] })} keepMounted={false}>
        <Tabs.List aria-label={t('tab.label')} mb="lg">
          {names.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`tab.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {names.map((tab) => (
          <Tabs.Panel key={tab} value={tab}>
            <Stack gap="lg" maw={720}>
              <Outlet />
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
