import { Anchor, Badge, Box, Button, Group, Progress, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconAlertTriangle, IconCheck, IconDownload, IconProgress } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { ZonedTime } from '@/ui/ZonedTime';
import { AnchorLink } from '@/ui/links';
import { recentImports } from './recent';
import { importsQuery, useFollowed, type Import } from './useImport';

/** All imports of the person, newest first; those that go on show how far they are. */
export function ImportsList() {
  const { t } = useTranslation('imports');
  const me = useMe();
  const query = useInfiniteQuery(importsQuery);
  const imports = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const names = new Map(recentImports(me.id).map(({ id, name }) => [id, name]));
  return (
    <section aria-labelledby="imports-all">
      <Title order={2} size="h4" mb="xs" id="imports-all">
        {t('all.title')}
      </Title>
      {query.isPending && <Skeleton h={120} />}
      {query.isSuccess && imports.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('all.empty')}
        </Text>
      )}
      {imports.length > 0 && (
        <Stack component="ul" gap={0} m={0} p={0} style={{ listStyle: 'none' }}>
          {imports.map((value) => (
            <Row key={value.id} first={value} name={names.get(value.id)} />
          ))}
        </Stack>
      )}
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('all.more')}
        </Button>
      )}
    </section>
  );
}

const looks = {
  running: ['accent', IconProgress],
  finished: ['green', IconCheck],
  failed: ['red', IconAlertTriangle],
} as const;

function Row({ first, name }: { first: Import; name: string | undefined }) {
  const { t } = useTranslation('imports');
  const { number, percent, time } = useFormat();
  const value = useFollowed(first.id, first) ?? first;
  const [color, Icon] = looks[value.status];
  const at = time(value.started_at);
  const { size, bytes, rejected } = value;
  const known = value.updated - value.unchanged;
  return (
    <Box component="li" py="xs" style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          <AnchorLink to="/imports/$id" params={{ id: value.id }} inherit>
            {name ?? t('all.of', { at })}
          </AnchorLink>{' '}
          {name && (
            <Text span inherit c="dimmed">
              <ZonedTime at={value.started_at} />
            </Text>
          )}
        </Text>
        <Badge
          variant="default"
          tt="none"
          fw={500}
          leftSection={<Icon size={13} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
        >
          {t(`status.${value.status}`)}
        </Badge>
      </Group>
      {value.status === 'running' && (
        <Progress
          my={4}
          value={size ? (100 * bytes) / size : 0}
          animated
          aria-label={t('running.progress')}
          aria-valuetext={size ? percent(Math.min(bytes, size), size) : t('unknown', { ns: 'common' })}
        />
      )}
      <Text size="xs" c="dimmed" className="tabular">
        {t('all.rows', { count: value.rows, formatted: number(value.rows) })}
        {` · ${t('all.created', { formatted: number(value.created) })}`}
        {known > 0 && ` · ${t('all.changed', { formatted: number(known) })}`}
        {rejected > 0 && (
          <>
            {' · '}
            <Anchor
              inherit
              underline="always"
              href={value.rejects_url}
              download
              aria-label={t('all.rejectsOf', { name: name ?? at, formatted: number(rejected) })}
            >
              <IconDownload size={12} aria-hidden /> {t('all.rejected', { formatted: number(rejected) })}
            </Anchor>
          </>
        )}
      </Text>
      {value.status === 'failed' && value.error && (
        <Text size="xs" c="dimmed" lang="en">
          {value.error}
        </Text>
      )}
    </Box>
  );
}
