import { Box, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { OutcomeBadge } from '@/ui/OutcomeBadge';
import { ZonedTime } from '@/ui/ZonedTime';
import { AnchorLink } from '@/ui/links';
import { meaningOf } from '@/ui/meaning';
import { historyQuery } from './queries';

/** What a client was sent, by which mailings, and what came of it. */
export function ClientHistory({ id }: { id: string }) {
  const { t } = useTranslation('clients');
  const query = useInfiniteQuery(historyQuery(id));
  const entries = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Stack component="section" gap="xs" aria-labelledby="client-history">
      <Title order={3} size="h5" id="client-history">
        {t('history.title')}
      </Title>
      {query.isPending && <Skeleton h={72} />}
      {query.isSuccess && entries.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('history.empty')}
        </Text>
      )}
      {entries.length > 0 && (
        <Stack component="ol" gap={0} m={0} p={0} style={{ listStyle: 'none' }}>
          {entries.map((entry) => (
            <Entry key={entry.attempt_id} entry={entry} client={id} />
          ))}
        </Stack>
      )}
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.hasNextPage && (
        <Group>
          <Button
            size="xs"
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('history.more')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Entry({ entry, client }: { entry: Schema<'ClientDelivery'>; client: string }) {
  const { t } = useTranslation('clients');
  const { number } = useFormat();
  const { mailing, code, enhanced, response, tries } = entry;
  const said = [code === 0 ? '' : String(code), enhanced, response].filter(Boolean).join(' ');
  return (
    <Box
      component="li"
      py="xs"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)', overflowWrap: 'anywhere' }}
    >
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        {mailing.deleted ? (
          <Text size="sm">
            {mailing.name}{' '}
            <Text span inherit c="dimmed">
              ({t('history.deleted')})
            </Text>
          </Text>
        ) : (
          <AnchorLink to="/mailings/$mailingId" params={{ mailingId: mailing.id }} size="sm">
            {mailing.name}
          </AnchorLink>
        )}
        <OutcomeBadge outcome={entry.outcome} />
      </Group>
      <Text size="sm">{t(meaningOf(entry), { ns: 'common' })}</Text>
      {said && entry.outcome !== 'sent' && (
        <Text size="xs" c="dimmed" lang="en">
          {said}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        <ZonedTime at={entry.at} /> ·{' '}
        {tries > 1 && <>{t('history.tries', { count: tries, formatted: number(tries) })} · </>}
        <AnchorLink
          to="/attempts/$attemptId"
          params={{ attemptId: entry.attempt_id }}
          search={{ client }}
          inherit
          underline="always"
        >
          {t('history.attempt')}
        </AnchorLink>
      </Text>
    </Box>
  );
}
