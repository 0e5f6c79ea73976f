import { SimpleGrid, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconServer } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { providersQuery, REFRESH } from '@/api/sending';
import { EmptyState } from '@/ui/EmptyState';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { ProviderCard } from './ProviderCard';

export function ProvidersPage() {
  const { t } = useTranslation('providers');
  const { data, error, refetch } = useQuery({ ...providersQuery, refetchInterval: REFRESH });
  return (
    <>
      <PageHeader title={t('title')} text={t('text')} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={220} />}
      {data?.items.length === 0 && <EmptyState icon={IconServer} title={t('none')} text={t('noneText')} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {data?.items.map((provider) => (
          <ProviderCard key={provider.id} provider={provider} />
        ))}
      </SimpleGrid>
    </>
  );
}
