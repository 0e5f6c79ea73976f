import { useState } from 'react';
import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { onSignedOut } from '@/api/client';
import { meQuery } from '@/api/me';
import { newQueryClient } from '@/api/queryClient';
import { newRouter } from './router';
import { cssVariables, theme } from './theme';

function start() {
  const queryClient = newQueryClient();
  const router = newRouter(queryClient);
  onSignedOut(() => {
    // Who was in is told why they are not any more; whoever was not is sent on by the routes.
    if (!queryClient.getQueryData(meQuery.queryKey)) return;
    queryClient.clear();
    const { href, pathname } = router.state.location;
    if (pathname !== '/sign-in')
      void router.navigate({ to: '/sign-in', search: { return_to: href, error: 'session_ended' } });
  });
  return { queryClient, router };
}

export function App() {
  const [{ queryClient, router }] = useState(start);
  const { t } = useTranslation();
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <ModalsProvider labels={{ confirm: t('action.confirm'), cancel: t('action.cancel') }}>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
