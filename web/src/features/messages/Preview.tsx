import { useState } from 'react';
import { Alert, Group, Paper, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { ClientSelect } from '@/ui/ClientSelect';
import { ErrorState } from '@/ui/ErrorState';
import { MailFrame } from '@/ui/MailFrame';
import type { PreviewState } from './usePreview';
import classes from './Editor.module.css';

interface Props {
  /** Undefined until it is stored. */
  message: string | undefined;
  preview: PreviewState;
  client: Schema<'Client'> | null;
  onClient: (client: Schema<'Client'> | null) => void;
}

/** The mail as one client would get it. */
export function Preview({ message, preview: { shown, faults, error, retry }, client, onClient }: Props) {
  const { t } = useTranslation('messages');
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop');
  const [part, setPart] = useState<'html' | 'text'>('html');
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
          onClient={onClient}
        />
        {error && <ErrorState error={error} onRetry={retry} />}
        {(faults.length > 0 || shown?.exact === false) && (
          <Alert variant="light" color="gray" p="xs" icon={<IconInfoCircle size={18} aria-hidden />}>
            <Text size="xs">{t(faults.length > 0 ? 'preview.faulty' : 'preview.draft')}</Text>
          </Alert>
        )}
        {!shown && !error && faults.length === 0 && <Skeleton h={320} />}
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
                <MailFrame
                  html={shown.html}
                  mail={`${message ?? ''} ${client?.id ?? ''}`}
                  width={width}
                  title={t('preview.frame')}
                />
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
