import { Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { REFRESH } from '@/api/sending';
import { ErrorState } from '@/ui/ErrorState';
import { AnchorLink } from '@/ui/links';
import { ZonedTime } from '@/ui/ZonedTime';
import { soonest } from './soonest';

export function NextStarts() {
  const { t } = useTranslation('dashboard');
  const { data, error, refetch } = useQuery({
    queryKey: ['mailings', 'scheduled'],
    queryFn: ({ signal }) =>
      call(api.GET('/mailings', { params: { query: { status: 'scheduled', limit: 500 } }, signal })),
    refetchInterval: 3 * REFRESH,
  });
  const next = soonest(data?.items ?? [], 5);
  return (
    <Paper withBorder p="md" h="100%" component="section" aria-labelledby="next">
      <Title order={2} size="h4" mb="sm" id="next">
        {t('next.title')}
      </Title>
      {!data && error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={90} />}
      {data && next.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('next.none')}
        </Text>
      )}
      <Stack gap="sm">
        {next.map((mailing) => (
          <div key={mailing.id}>
            <AnchorLink
              to="/mailings/$mailingId"
              params={{ mailingId: mailing.id }}
              size="sm"
              fw={550}
              style={{ overflowWrap: 'anywhere' }}
            >
              {mailing.name}
            </AnchorLink>
            <Text size="xs" c="dimmed">
              <ZonedTime at={mailing.next_at} show="both" zone={mailing.time_zone} />
            </Text>
          </div>
        ))}
        {data?.next_cursor && (
          <Text size="xs" c="dimmed">
            {t('next.some')}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
