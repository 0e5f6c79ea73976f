import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/problem';
import { RetryWait } from './RetryWait';
import { errorText, type Words } from './errorText';

interface Props {
  error: unknown;
  onRetry?: () => void;
  /** Words for the codes of this place; see {@link errorText}. */
  words?: Words;
}

/** What went wrong, in place of what could not be shown or above a form that was refused. */
export function ErrorState({ error, onRetry, words }: Props) {
  const { t } = useTranslation();
  const { text, detail } = errorText(error, words);
  const id = error instanceof ApiError && error.status >= 500 ? error.requestId : undefined;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Stack gap={6} align="flex-start">
        <Text size="sm">{text}</Text>
        {detail && (
          <Text size="sm" c="dimmed">
            {t('error.details')}: <span lang="en">{detail}</span>
          </Text>
        )}
        {error instanceof ApiError && error.retryAt !== undefined && <RetryWait until={error.retryAt} />}
        {id && (
          <Text size="xs" c="dimmed" ff="monospace">
            {t('error.requestId', { id })}
          </Text>
        )}
        {onRetry && (
          <Group>
            <Button size="xs" variant="default" onClick={onRetry}>
              {t('action.retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
