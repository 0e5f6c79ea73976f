import {
  Button,
  Group,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconChartBar, IconDownload } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { summaryQuery } from '@/api/summary';
import { defined } from '@/lib/defined';
import { useFormat } from '@/lib/useFormat';
import { Answers } from '@/ui/Answers';
import { barsOfDays } from '@/ui/days';
import { EmptyState } from '@/ui/EmptyState';
import { ErrorState } from '@/ui/ErrorState';
import { OutcomeChart } from '@/ui/OutcomeChart';
import { OwnerSelect } from '@/ui/OwnerSelect';
import { PageHeader } from '@/ui/PageHeader';
import { ByMailing } from './ByMailing';
import { Groups } from './Groups';
import { instants, lastDays } from './period';
import { Sums } from './Sums';

const route = getRouteApi('/shell/reports');
const lengths = ['7', '30', '90', '365'] as const;

export function ReportsPage() {
  const { t } = useTranslation('reports');
  const me = useMe();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { owner } = search;
  const [now] = useState(() => Date.now());
  const zone = me.time_zone;
  const usual = lastDays(30, now, zone);
  const days = { from: search.from ?? usual.from, to: search.to ?? usual.to };
  const period = instants(days, zone);
  const go = (next: { from?: string | undefined; to?: string | undefined; owner?: string | undefined }) =>
    void navigate({ to: '/reports', search: defined({ ...search, ...next }), replace: true });
  const chosen = lengths.find((length) => {
    const last = lastDays(Number(length), now, zone);
    return last.from === days.from && last.to === days.to;
  });
  const csv = new URLSearchParams(defined({ ...period, owner })).toString();
  return (
    <>
      <PageHeader
        title={t('title')}
        text={t('text')}
        action={
          <Button
            component="a"
            href={`/api/v1/reports/mailings.csv?${csv}`}
            download
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            {t('csv')}
          </Button>
        }
      />
      <Group mb="lg" gap="sm" align="flex-end">
        <SegmentedControl
          aria-label={t('period')}
          data={lengths.map((value) => ({ value, label: t(`last.${value}`) }))}
          value={chosen ?? ''}
          onChange={(length) => {
            go(lastDays(Number(length), now, zone));
          }}
        />
        {(['from', 'to'] as const).map((field) => (
          <TextInput
            key={field}
            type="date"
            aria-label={t(field)}
            error={period ? undefined : t('badPeriod')}
            value={days[field]}
            onChange={(event) => {
              if (event.currentTarget.value) go({ [field]: event.currentTarget.value });
            }}
          />
        ))}
        {me.role !== 'user' && (
          <OwnerSelect
            value={owner}
            onChange={(value) => {
              go({ owner: value });
            }}
          />
        )}
      </Group>
      {period && <Report period={period} owner={owner} zone={zone} />}
    </>
  );
}

function Part({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Title order={2} size="h4" mb="sm" id={id}>
        {title}
      </Title>
      {children}
    </Paper>
  );
}

interface ReportProps {
  period: { from: string; to: string };
  owner: string | undefined;
  zone: string;
}

function Report({ period, owner, zone }: ReportProps) {
  const { t } = useTranslation('reports');
  const { language, time } = useFormat();
  const { data, error, refetch } = useQuery(summaryQuery({ ...period, owner, zone }));
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={320} />;
  if (data.attempts.all === 0)
    return <EmptyState icon={IconChartBar} title={t('none')} text={t('noneText')} />;
  return (
    <Stack gap="lg">
      <Sums summary={data} />
      <Part id="days" title={t('byDay')}>
        <OutcomeChart title={t('byDay')} bars={barsOfDays(data.days, language)} />
      </Part>
      <Part id="mailings" title={t('byMailing')}>
        <ByMailing period={period} owner={owner} />
      </Part>
      <Part id="domains" title={t('byDomain')}>
        <Groups by="domain" period={period} owner={owner} />
      </Part>
      <Part id="providers" title={t('byProvider')}>
        <Groups by="provider" period={period} owner={owner} />
      </Part>
      <Part id="problems" title={t('problems')}>
        <Problems problems={data.problems} />
      </Part>
      <Text size="xs" c="dimmed">
        {t('at', { at: time(data.at, { seconds: true }) })}
      </Text>
    </Stack>
  );
}

function Problems({ problems }: { problems: readonly Schema<'ResponseGroup'>[] | null }) {
  const { t } = useTranslation('reports');
  if (problems === null || problems.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t(problems === null ? 'problemsUnknown' : 'noProblems')}
      </Text>
    );
  return <Answers groups={problems} />;
}
