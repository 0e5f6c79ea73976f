import { Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { attemptsQuery, currentOf, REFRESH, type Mailing } from '@/api/sending';
import { AttemptProgress } from '@/ui/attempt/AttemptProgress';
import { ErrorState } from '@/ui/ErrorState';
import { AnchorLink } from '@/ui/links';

/** So many are followed live: browsers allow six connections to a server, and the page needs some itself. */
const LIVE = 3;

export function Running({ all }: { all: number }) {
  const { t } = useTranslation('dashboard');
  const { data, error, refetch } = useQuery({
    queryKey: ['mailings', 'running'],
    queryFn: ({ signal }) =>
      call(api.GET('/mailings', { params: { query: { status: 'running', limit: LIVE } }, signal })),
    refetchInterval: REFRESH,
  });
  const more = all - (data?.items.length ?? 0);
  return (
    <Paper withBorder p="md" h="100%" component="section" aria-labelledby="running">
      <Title order={2} size="h4" mb="sm" id="running">
        {t('running.title')}
      </Title>
      {!data && error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={90} />}
      {data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('running.none')}
        </Text>
      )}
      <Stack gap="lg">
        {data?.items.map((mailing) => (
          <One key={mailing.id} mailing={mailing} />
        ))}
        {data && data.items.length > 0 && more > 0 && (
          <AnchorLink to="/mailings" search={{ status: 'running' }} size="sm">
            {t('running.more', { count: more })}
          </AnchorLink>
        )}
      </Stack>
    </Paper>
  );
}

function One({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('dashboard');
  const { data } = useQuery({ ...attemptsQuery(mailing.id, 3), refetchInterval: REFRESH });
  const attempt = data && currentOf(data.items);
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <AnchorLink
          to="/mailings/$mailingId"
          params={{ mailingId: mailing.id }}
          fw={600}
          size="sm"
          style={{ overflowWrap: 'anywhere' }}
        >
          {mailing.name}
        </AnchorLink>
        {mailing.owner_email && (
          <Text size="xs" c="dimmed" truncate>
            {mailing.owner_email}
          </Text>
        )}
      </Group>
      {attempt ? (
        <AttemptProgress key={attempt.id} attempt={attempt} compact />
      ) : data ? (
        <Text size="sm" c="dimmed">
          {t('running.starting')}
        </Text>
      ) : (
        <Skeleton h={44} />
      )}
    </Stack>
  );
}
