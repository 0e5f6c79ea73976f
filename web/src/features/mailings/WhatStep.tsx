import { Box, Paper, Select, Skeleton, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { MailFrame } from '@/ui/MailFrame';
import { errorText } from '@/ui/errorText';
import { AnchorLink } from '@/ui/links';
import { messageChoices } from './choices';
import type { Values } from './form';
import { Step } from './Step';

export function WhatStep({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation('mailings');
  const { data, error } = useQuery(messageChoices);
  const chosen = form.values.message_id;
  return (
    <Step number={2} title={t('what.title')}>
      <Select
        label={t('what.message')}
        placeholder={t('what.hint')}
        required
        searchable
        nothingFoundMessage={t('what.nothing')}
        data={(data?.items ?? []).map(({ id, subject }) => ({ value: id, label: subject }))}
        {...form.getInputProps('message_id')}
        error={form.errors.message_id ?? (error ? errorText(error).text : undefined)}
      />
      {data?.items.length === 0 && (
        <Text size="sm">
          {t('what.none')} <AnchorLink to="/messages">{t('what.write')}</AnchorLink>
        </Text>
      )}
      {chosen && <Preview message={chosen} client={form.values.client_ids[0]} />}
    </Step>
  );
}

function Preview({ message, client }: { message: string; client: string | undefined }) {
  const { t } = useTranslation('mailings');
  const { data, error } = useQuery({
    queryKey: ['messages', message, 'preview', client ?? ''],
    queryFn: ({ signal }) =>
      call(
        api.POST('/messages/{id}/preview', {
          params: { path: { id: message } },
          body: client ? { client_id: client } : {},
          signal,
        }),
      ),
  });
  if (error) return <ErrorState error={error} />;
  if (!data) return <Skeleton h={180} />;
  return (
    <Box>
      <Text size="xs" c="dimmed" mb={4}>
        {t(client ? 'what.previewClient' : 'what.previewMade')}
      </Text>
      <Paper withBorder>
        <Text size="sm" fw={600} px="sm" py="xs">
          {data.subject}
        </Text>
        {data.html ? (
          <Box px="sm" pb="sm">
            <MailFrame
              html={data.html}
              mail={`${message} ${client ?? ''}`}
              height={260}
              title={t('what.preview')}
            />
          </Box>
        ) : (
          <Text size="sm" px="sm" pb="sm" style={{ whiteSpace: 'pre-wrap' }}>
            {data.text}
          </Text>
        )}
      </Paper>
    </Box>
  );
}
