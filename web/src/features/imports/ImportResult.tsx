import { useEffect } from 'react';
import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconCircleCheck, IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { ZonedTime } from '@/ui/ZonedTime';
import { ButtonLink } from '@/ui/links';
import { Counts } from './Counts';
import { Rejects } from './Rejects';
import type { Import } from './useImport';

export function ImportResult({ value }: { value: Import }) {
  const { t } = useTranslation('imports');
  const { number, duration } = useFormat();
  const queryClient = useQueryClient();
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: ['clients'] });
    void queryClient.invalidateQueries({ queryKey: ['lists'] });
  }, [queryClient]);
  const failed = value.status === 'failed';
  const took = value.finished_at ? Date.parse(value.finished_at) - Date.parse(value.started_at) : undefined;
  return (
    <>
      <Alert
        color={failed ? 'red' : 'accent'}
        variant="light"
        icon={failed ? <IconAlertTriangle aria-hidden /> : <IconCircleCheck aria-hidden />}
        title={failed ? t('result.failed') : t('result.finished')}
        role="status"
      >
        <Text size="sm">
          {failed
            ? t('result.failedText')
            : t('result.rows', { count: value.rows, formatted: number(value.rows) })}
        </Text>
        {failed && value.error && (
          <Text size="sm" c="dimmed">
            {t('error.details', { ns: 'common' })}: <span lang="en">{value.error}</span>
          </Text>
        )}
        <Text size="sm" c="dimmed">
          <ZonedTime at={value.finished_at} />
          {took !== undefined && ` · ${t('result.took', { time: duration(took) })}`}
        </Text>
      </Alert>
      <Paper withBorder p="md">
        <Stack>
          <Counts value={value} />
          <Group>
            <ButtonLink to="/clients" search={value.list_id ? { list: value.list_id } : {}}>
              {t(value.list_id ? 'result.toList' : 'result.toClients')}
            </ButtonLink>
            <ButtonLink to="/imports" variant="default">
              {t('another')}
            </ButtonLink>
          </Group>
        </Stack>
      </Paper>
      {value.rejected > 0 && (
        <>
          <Group justify="space-between">
            <Text fw={600}>
              {t('rejects.title', { count: value.rejected, formatted: number(value.rejected) })}
            </Text>
            <Button
              component="a"
              href={value.rejects_url}
              download
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              {t('rejects.download')}
            </Button>
          </Group>
          <Rejects id={value.id} />
        </>
      )}
    </>
  );
}
