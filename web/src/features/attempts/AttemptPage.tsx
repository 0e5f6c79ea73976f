import { useEffect, useRef, type RefObject } from 'react';
import { Button, Group, Paper, Skeleton, Stack, Title } from '@mantine/core';
import { useIsFetching, useQuery, type Query } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { attemptQuery, mailingQuery, REFRESH, type Attempt } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { AttemptProgress } from '@/ui/attempt/AttemptProgress';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { AttemptBadge } from '@/ui/StatusBadge';
import { DeliveryDrawer } from './DeliveryDrawer';
import { Log } from './Log';
import { Resend } from './Resend';
import { Statistics } from './Statistics';

const route = getRouteApi('/shell/attempts/$attemptId');

/** One run of a mailing: how it moves, what the servers said, when, and who got it. */
export function AttemptPage() {
  const { t } = useTranslation('attempts');
  const { attemptId } = route.useParams();
  const { data, error, refetch } = useQuery({
    ...attemptQuery(attemptId),
    refetchInterval: ({ state }) => (state.data?.finished_at ? false : REFRESH),
  });
  if (data) return <Content attempt={data} />;
  return (
    <>
      <PageHeader title={t('one')} above={[{ to: '/attempts', title: t('title') }]} />
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={260} />}
    </>
  );
}

function Content({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation('attempts');
  const { time } = useFormat();
  const { outcome, client } = route.useSearch();
  const mailing = useQuery(mailingQuery(attempt.mailing_id)).data;
  const at = time(attempt.due_at, mailing ? { zone: mailing.time_zone } : {});
  const log = useRef<HTMLElement>(null);
  useScrollToLog(log, attempt.id, outcome);
  return (
    <>
      <PageHeader
        title={mailing ? t('oneOf', { name: mailing.name, at }) : t('oneAt', { at })}
        badge={<AttemptBadge attempt={attempt} />}
        above={[
          { to: '/mailings', title: t('mailings') },
          ...(mailing ? [{ to: `/mailings/${mailing.id}`, title: mailing.name }] : []),
        ]}
        action={
          <Group gap="xs">
            <Resend attempt={attempt} mailing={mailing} />
            <Button
              component="a"
              href={`/api/v1/attempts/${attempt.id}/deliveries.csv${outcome ? `?outcome=${outcome}` : ''}`}
              download
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              CSV
            </Button>
          </Group>
        }
      />
      <Stack gap="lg">
        <Paper withBorder p="md">
          <AttemptProgress
            attempt={attempt}
            zone={mailing?.time_zone}
            chosen={outcome}
            held={mailing?.status === 'paused' || mailing?.status === 'disabled'}
          />
        </Paper>
        <Statistics attempt={attempt} />
        <section ref={log} aria-labelledby="log" style={{ scrollMarginTop: 72 }}>
          <Title order={2} size="h4" id="log" mb="xs">
            {t('log.title')}
          </Title>
          <Log attempt={attempt} outcome={outcome} />
        </section>
      </Stack>
      <DeliveryDrawer attempt={attempt.id} client={client} outcome={outcome} />
    </>
  );
}

/** A tile leads to the log, once what stands above it has its height. */
function useScrollToLog(log: RefObject<HTMLElement | null>, attempt: string, outcome: string | undefined) {
  const wanted = useRouterState({ select: ({ location }) => location.hash === 'log' });
  const waits = useIsFetching({ queryKey: ['attempts', attempt, 'statistics'], predicate: isFirst }) > 0;
  useEffect(() => {
    if (wanted && !waits) log.current?.scrollIntoView();
  }, [wanted, waits, outcome, log]);
}

const isFirst = ({ state }: Query) => state.data === undefined;
