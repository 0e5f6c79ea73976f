import type { ReactNode } from 'react';
import { Paper, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { REFRESH, type Attempt } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { Answers } from '@/ui/Answers';
import { ErrorState } from '@/ui/ErrorState';
import { OutcomeChart } from '@/ui/OutcomeChart';
import { Domains } from './Domains';
import { barsOf } from './timeline';

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

/** What the servers said, when, and by domain. */
export function Statistics({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation('attempts');
  const { language, zone, number } = useFormat();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['attempts', attempt.id, 'statistics'],
    queryFn: ({ signal }) =>
      call(api.GET('/attempts/{id}/statistics', { params: { path: { id: attempt.id } }, signal })),
    enabled: attempt.started_at !== null,
    refetchInterval: attempt.status === 'running' ? REFRESH : false,
  });
  if (attempt.started_at === null) return null;
  if (isPending) return <Skeleton h={220} />;
  if (!data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data.responses === null)
    return (
      <Text size="sm" c="dimmed">
        {t('notKept')}
      </Text>
    );
  return (
    <>
      <Part title={t('answers')}>
        {data.responses.length > 0 ? (
          <Answers groups={data.responses} others={data.other_responses} />
        ) : (
          <Text size="sm" c="dimmed">
            {t('noAnswers')}
          </Text>
        )}
      </Part>
      <Part title={t('overTime')}>
        <OutcomeChart
          title={t('overTime')}
          bars={barsOf(data.timeline ?? [], data.bucket_seconds ?? 0, language, zone)}
        />
        <Text size="xs" c="dimmed" mt="xs">
          {data.average_rate !== null && data.peak_rate !== null
            ? t('rates', { average: number(data.average_rate, 1), peak: number(data.peak_rate) })
            : t('ratesUnknown')}
        </Text>
      </Part>
      {data.domains && data.domains.length > 0 && (
        <Part title={t('domains.title')}>
          <Domains domains={data.domains} others={data.other_domains} />
        </Part>
      )}
    </>
  );
}
