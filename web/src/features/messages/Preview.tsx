import { useState } from 'react';
import { Alert, Group, Paper, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { ClientSelect } from '@/ui/ClientSelect';
import { ErrorState } from '@/ui/ErrorState';
import { MailFrame } from '@/ui/MailFrame';
import { textOf } from './html';
import { fill, type Person } from './liquid';
import { previewQuery, type Message } from './queries';
import type { Draft } from './useDraft';
import classes from './Editor.module.css';

/** As the server makes it up where no client is chosen. */
const someone: Person = { email: 'anna@example.org', full_name: 'Анна Смирнова', attributes: {} };

function fillDraft(draft: Draft, person: Person) {
  const html = fill(draft.html, person, true);
  const subject = fill(draft.subject, person, false);
  const text = fill(draft.text || textOf(draft.html), person, false);
  return {
    html: html.text,
    subject: subject.text,
    text: text.text,
    exact: html.exact && subject.exact,
  };
}

interface Props {
  draft: Draft;
  /** What is stored; undefined for a message that is not yet. */
  message: Message | undefined;
  dirty: boolean;
}

/** The mail as one client would get it: as the server fills it in, or as the browser can while it is not saved. */
export function Preview({ draft, message, dirty }: Props) {
  const { t } = useTranslation('messages');
  const [client, setClient] = useState<Schema<'Client'> | null>(null);
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop');
  const [part, setPart] = useState<'html' | 'text'>('html');
  const server = useQuery({
    ...previewQuery(message, client?.id),
    placeholderData: keepPreviousData,
    enabled: message !== undefined && !dirty,
  });
  const isDraft = dirty || message === undefined;
  const drafted = isDraft ? fillDraft(draft, client ?? someone) : undefined;
  const shown = drafted ?? server.data;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="preview-title">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={2} size="h4" id="preview-title">
            {t('preview.title')}
          </Title>
          <Group gap="xs">
            <SegmentedControl
              size="xs"
              aria-label={t('preview.part')}
              value={part}
              onChange={(value) => {
                setPart(value as typeof part);
              }}
              data={[
                { value: 'html', label: 'HTML' },
                { value: 'text', label: t('preview.text') },
              ]}
            />
            <SegmentedControl
              size="xs"
              aria-label={t('preview.width')}
              value={width}
              disabled={part === 'text'}
              onChange={(value) => {
                setWidth(value as typeof width);
              }}
              data={[
                { value: 'desktop', label: t('preview.desktop') },
                { value: 'phone', label: t('preview.phone') },
              ]}
            />
          </Group>
        </Group>
        <ClientSelect
          label={t('preview.client')}
          placeholder={t('preview.someone')}
          client={client}
          onClient={setClient}
        />
        {server.error && !isDraft && (
          <ErrorState error={server.error} onRetry={() => void server.refetch()} />
        )}
        {drafted && !drafted.exact && (
          <Alert variant="light" color="gray" p="xs" icon={<IconInfoCircle size={18} aria-hidden />}>
            <Text size="xs">{t('preview.draft')}</Text>
          </Alert>
        )}
        {!shown && !server.error && <Skeleton h={320} />}
        {shown && (
          <>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              <Text span inherit c="dimmed">
                {t('preview.subject')}:
              </Text>{' '}
              <Text span inherit fw={600}>
                {shown.subject || t('preview.noSubject')}
              </Text>
            </Text>
            {part === 'html' && shown.html !== '' && (
              <>
                <MailFrame html={shown.html} width={width} title={t('preview.frame')} />
                <Text size="xs" c="dimmed">
                  {t('preview.images')}
                </Text>
              </>
            )}
            {part === 'html' && shown.html === '' && (
              <Text size="sm" c="dimmed">
                {t(shown.text.trim() === '' ? 'preview.empty' : 'preview.noHtml')}
              </Text>
            )}
            {part === 'text' && (
              <pre className={classes.plain} tabIndex={0} role="group" aria-label={t('preview.text')}>
                {shown.text.trim() === '' ? t('preview.empty') : shown.text}
              </pre>
            )}
          </>
        )}
      </Stack>
    </Paper>
  );
}
