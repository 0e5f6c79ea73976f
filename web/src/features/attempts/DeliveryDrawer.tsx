import { Code, Drawer, Group, Skeleton, Stack, Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { defined } from '@/lib/defined';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { meaningOf } from '@/ui/meaning';
import { OutcomeBadge } from '@/ui/OutcomeBadge';
import { outcomes } from '@/ui/outcomes';
import { isPhase } from './phases';

interface Props {
  attempt: string;
  client: string | undefined;
  outcome: Schema<'Outcome'> | undefined;
}

/** One recipient, with every try. */
export function DeliveryDrawer({ attempt, client, outcome }: Props) {
  const { t } = useTranslation('attempts');
  const navigate = useNavigate();
  const { data, error } = useQuery({
    queryKey: ['attempts', attempt, 'deliveries', 'of', client ?? ''],
    queryFn: ({ signal }) =>
      call(
        api.GET('/attempts/{id}/deliveries/{client_id}', {
          params: { path: { id: attempt, client_id: client ?? '' } },
          signal,
        }),
      ),
    enabled: client !== undefined,
  });
  return (
    <Drawer
      opened={client !== undefined}
      onClose={() =>
        void navigate({
          to: '/attempts/$attemptId',
          params: { attemptId: attempt },
          search: defined({ outcome }),
          resetScroll: false,
        })
      }
      position="right"
      size="md"
      title={data?.email ?? t('delivery.title')}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      {error && <ErrorState error={error} words={{ delivery_not_found: t('delivery.none') }} />}
      {!data && !error && <Skeleton h={160} />}
      {data && (
        <Stack>
          <Group gap="xs">
            <OutcomeBadge outcome={data.outcome} />
            <Text size="sm" c="dimmed">
              {t('delivery.tries', { count: data.tries })}
            </Text>
          </Group>
          <Tries history={data.history} />
        </Stack>
      )}
    </Drawer>
  );
}

function Tries({ history }: { history: readonly Schema<'Try'>[] }) {
  const { t } = useTranslation('attempts');
  const { time } = useFormat();
  return (
    <Timeline bulletSize={22} lineWidth={2}>
      {history.map((entry, i) => {
        const { icon: Icon, color } = outcomes[entry.outcome];
        const said = [entry.code === 0 ? '' : String(entry.code), entry.enhanced, entry.response]
          .filter(Boolean)
          .join(' ');
        return (
          <Timeline.Item
            key={`${String(entry.try)} ${entry.at} ${String(i)}`}
            bullet={<Icon size={13} aria-hidden />}
            color={color}
            title={
              <Text size="sm" fw={550}>
                {entry.try === 0 ? t('delivery.noTry') : t('delivery.try', { n: entry.try })}:{' '}
                {t(`outcome.${entry.outcome}`, { ns: 'common' })}
              </Text>
            }
          >
            <Text size="xs" c="dimmed">
              {time(entry.at, { seconds: true })}
              {entry.provider && <> · {entry.provider}</>}
              {isPhase(entry.phase) && <> · {t(`phase.${entry.phase}`)}</>}
            </Text>
            <Text size="sm">
              {t(meaningOf({ ...entry, code: entry.code || null, enhanced: entry.enhanced || null }), {
                ns: 'common',
              })}
            </Text>
            {said && (
              <Code lang="en" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                {said}
              </Code>
            )}
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}
