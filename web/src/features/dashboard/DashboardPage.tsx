import { Grid, Paper, Skeleton, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconPlus, IconSend } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { REFRESH } from '@/api/sending';
import { summaryQuery } from '@/api/summary';
import { useFormat } from '@/lib/useFormat';
import { barsOfDays } from '@/ui/days';
import { EmptyState } from '@/ui/EmptyState';
import { ErrorState } from '@/ui/ErrorState';
import { ButtonLink } from '@/ui/links';
import { OutcomeChart } from '@/ui/OutcomeChart';
import { PageHeader } from '@/ui/PageHeader';
import { Attention } from './Attention';
import { NextStarts } from './NextStarts';
import { Running } from './Running';
import { Totals } from './Totals';

export function DashboardPage() {
  const { t } = useTranslation('dashboard');
  const me = useMe();
  const { language } = useFormat();
  const { data, error, refetch } = useQuery({
    ...summaryQuery({ zone: me.time_zone }),
    refetchInterval: 3 * REFRESH,
  });
  const writes = me.role !== 'manager';
  const create = writes && (
    <ButtonLink to="/mailings/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t('new')}
    </ButtonLink>
  );
  const empty = data !== undefined && Object.values(data.mailings).every((count) => count === 0);
  return (
    <>
      <PageHeader title={t('title')} action={create} text={t(writes ? 'own' : 'all')} />
      {!data && error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={320} />}
      {empty && (
        <EmptyState
          icon={IconSend}
          title={t('empty.title')}
          text={t(writes ? 'empty.text' : 'empty.manager')}
        >
          {create}
        </EmptyState>
      )}
      {data && !empty && (
        <Stack gap="lg">
          <Attention summary={data} />
          <Totals summary={data} />
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, md: 7 }}>
              <Running all={data.mailings.running} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <NextStarts />
            </Grid.Col>
          </Grid>
          <Paper withBorder p="md" component="section" aria-labelledby="days">
            <Title order={2} size="h4" mb="sm" id="days">
              {t('days')}
            </Title>
            <OutcomeChart title={t('days')} bars={barsOfDays(data.days, language)} />
          </Paper>
        </Stack>
      )}
    </>
  );
}
