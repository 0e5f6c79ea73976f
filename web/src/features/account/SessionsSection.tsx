import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconDeviceDesktop } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, done, type Schema } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { ZonedTime } from '@/ui/ZonedTime';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import { sessionsQuery } from './queries';
import { Section } from './Section';
import { deviceOf } from './userAgent';

type Session = Schema<'Session'>;

export function SessionsSection() {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const { data, error, isPending, refetch } = useQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: (session: Session | undefined) =>
      done(
        session
          ? api.DELETE('/me/sessions/{id}', { params: { path: { id: session.id } } })
          : api.DELETE('/me/sessions'),
      ),
    onSuccess: () => {
      notifyDone(t('sessions.ended'));
    },
    onError: (failure) => {
      notifyError(failure);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const nameOf = ({ user_agent }: Session) => {
    const device = deviceOf(user_agent);
    return device ? t('sessions.device', device) : t('sessions.unknownBrowser');
  };
  const ask = (session: Session) => {
    confirmAction({
      title: t('sessions.endTitle', { name: nameOf(session) }),
      text: t('sessions.endText'),
      action: t('sessions.end'),
      onConfirm: () => {
        end.mutate(session);
      },
    });
  };
  const askAll = () => {
    confirmAction({
      title: t('sessions.endAllTitle'),
      text: t('sessions.endAllText'),
      action: t('sessions.endAll'),
      onConfirm: () => {
        end.mutate(undefined);
      },
    });
  };
  return (
    <Section title={t('sessions.title')}>
      {isPending && <Skeleton h={80} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      <Stack gap="md">
        {data?.items.map((session) => (
          <Group key={session.id} wrap="nowrap" align="flex-start">
            <IconDeviceDesktop size={22} stroke={1.5} aria-hidden />
            <Stack gap={2} flex={1} miw={0}>
              <Group gap="xs">
                <Text size="sm" fw={550}>
                  {nameOf(session)}
                </Text>
                {session.current && (
                  <Badge variant="light" tt="none">
                    {t('sessions.current')}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                {session.address} · {t('sessions.lastSeen')}{' '}
                <ZonedTime at={session.last_seen_at} show="both" />
              </Text>
            </Stack>
            {!session.current && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`${t('sessions.end')}: ${nameOf(session)}`}
                onClick={() => {
                  ask(session);
                }}
              >
                {t('sessions.end')}
              </Button>
            )}
          </Group>
        ))}
        {(data?.items.length ?? 0) > 1 && (
          <Group>
            <Button variant="default" onClick={askAll} loading={end.isPending}>
              {t('sessions.endAll')}
            </Button>
          </Group>
        )}
      </Stack>
    </Section>
  );
}
