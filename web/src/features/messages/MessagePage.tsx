import { Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { Editor } from './Editor';
import { messageQuery } from './queries';
import { Reading } from './Reading';

export function NewMessagePage() {
  return <Editor />;
}

export function MessagePage() {
  const { t } = useTranslation('messages');
  const mayWrite = useMe().role !== 'manager';
  const { id } = useParams({ from: '/shell/messages/$id' });
  const { data, error, refetch } = useQuery({ ...messageQuery(id), refetchOnWindowFocus: false });
  if (data) return mayWrite ? <Editor key={id} message={data} /> : <Reading message={data} />;
  return (
    <>
      <PageHeader title={t('one')} above={[{ to: '/messages', title: t('title') }]} />
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Stack aria-busy="true">
          <Skeleton h={36} />
          <Skeleton h={360} />
        </Stack>
      )}
    </>
  );
}
