import { Alert, Grid, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { attemptsQuery, currentOf, mailingQuery, REFRESH, type Mailing } from '@/api/sending';
import { occurrences } from '@/lib/schedule';
import { AttemptProgress } from '@/ui/attempt/AttemptProgress';
import { ErrorState } from '@/ui/ErrorState';
import { AnchorLink } from '@/ui/links';
import { PageHeader } from '@/ui/PageHeader';
import { Reason } from '@/ui/Reason';
import { AttemptBadge, MailingBadge } from '@/ui/StatusBadge';
import { Attempts } from './Attempts';
import { MailingActions } from './MailingActions';
import { Plan } from './Plan';
import { ReadOnly } from './ReadOnly';
import { isForeign } from './rights';

const route = getRouteApi('/shell/mailings/$mailingId');

export function MailingPage() {
  const { t } = useTranslation('mailings');
  const { mailingId } = route.useParams();
  const { data, error, isPending, refetch } = useQuery({
    ...mailingQuery(mailingId),
    refetchInterval: REFRESH,
  });
  const above = [{ to: '/mailings', title: t('title') }];
  if (isPending)
    return (
      <Stack aria-busy="true">
        <Skeleton h={32} w={280} />
        <Skeleton h={220} />
      </Stack>
    );
  if (!data)
    return (
      <>
        <PageHeader title={t('one')} above={above} />
        <ErrorState error={error} onRetry={() => void refetch()} />
      </>
    );
  return (
    <>
      <PageHeader
        title={data.name}
        badge={<MailingBadge status={data.status} />}
        above={above}
        action={<MailingActions mailing={data} />}
      />
      <Content mailing={data} />
    </>
  );
}

/** When an attempt that was due then must be over: at the end, or at the next start, whichever comes first. */
function deadlineOf(mailing: Mailing, due: string): string | null {
  const end = mailing.end_at === null ? null : Date.parse(mailing.end_at);
  const { time_zone: zone, periodicity } = mailing;
  const [next] = occurrences(
    { start: Date.parse(mailing.start_at), end, zone, periodicity },
    Date.parse(due),
    1,
  );
  return next ? new Date(next.at).toISOString() : mailing.end_at;
}

function Content({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('mailings');
  const me = useMe();
  const attempts = useQuery({ ...attemptsQuery(mailing.id), refetchInterval: REFRESH });
  const current = attempts.data && currentOf(attempts.data.items);
  const stopped = mailing.status === 'paused' || mailing.status === 'disabled';
  return (
    <Stack gap="lg">
      {isForeign(me, mailing) && <ReadOnly owner={mailing.owner_email} />}
      {stopped && (
        <Alert
          color={mailing.status === 'disabled' ? 'red' : 'yellow'}
          icon={<IconAlertTriangle aria-hidden />}
          title={t(`stopped.${mailing.status as 'paused' | 'disabled'}`)}
        >
          {mailing.reason === '' ? (
            <Text size="sm">{t('stopped.byHand')}</Text>
          ) : (
            <Reason reason={mailing.reason} code={mailing.reason_code} />
          )}
        </Alert>
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Paper withBorder p="md" component="section" aria-labelledby="current">
              <Stack gap="sm">
                <Stack gap={6} align="flex-start">
                  <Title order={2} size="h4" id="current">
                    {t(
                      current?.status === 'running'
                        ? stopped
                          ? 'current.held'
                          : 'current.running'
                        : 'current.last',
                    )}
                  </Title>
                  {current && current.status !== 'running' && <AttemptBadge attempt={current} />}
                </Stack>
                {attempts.isPending && <Skeleton h={160} />}
                {attempts.error && !attempts.data && (
                  <ErrorState error={attempts.error} onRetry={() => void attempts.refetch()} />
                )}
                {current && (
                  <>
                    <AttemptProgress
                      key={current.id}
                      attempt={current}
                      deadline={deadlineOf(mailing, current.due_at)}
                      zone={mailing.time_zone}
                      held={stopped}
                    />
                    <Text size="sm">
                      <AnchorLink
                        to="/attempts/$attemptId"
                        params={{ attemptId: current.id }}
                        underline="always"
                        inherit
                      >
                        {t('current.open')}
                      </AnchorLink>
                    </Text>
                  </>
                )}
                {attempts.data && !current && (
                  <Text size="sm" c="dimmed">
                    {t(mailing.status === 'draft' ? 'current.draft' : 'current.none')}
                  </Text>
                )}
              </Stack>
            </Paper>
            <Attempts mailing={mailing} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Plan mailing={mailing} />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
