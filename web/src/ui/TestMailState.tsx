import { Alert, Code, Loader, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { TestMail } from '@/api/testMail';
import { answerOf } from './answerOf';
import { meaningOf } from './meaning';

interface Props {
  mail: TestMail;
  email: string;
  /** What to do when it was not sent. */
  advice?: string;
}

/** What became of a message to oneself, with the mail service's own answer. */
export function TestMailState({ mail: { status, response }, email, advice }: Props) {
  const { t } = useTranslation();
  const answer = answerOf(response);
  const meaning = answer && meaningOf({ outcome: 'failed', reason_code: null, ...answer });
  const look = {
    waiting: { color: 'gray', icon: <Loader size={16} aria-hidden /> },
    sent: { color: 'green', icon: <IconCheck aria-hidden /> },
    failed: { color: 'red', icon: <IconAlertTriangle aria-hidden /> },
  }[status];
  return (
    <Alert {...look} variant="light" role="status" data-status={status}>
      <Stack gap={6}>
        <Text size="sm" fw={500}>
          {status === 'waiting' && t(response === '' ? 'testMail.onItsWay' : 'testMail.again')}
          {status === 'sent' && t('testMail.sent', { email })}
          {status === 'failed' && t('testMail.failed')}
        </Text>
        {/* To take oneself off the list is no help. */}
        {status === 'failed' && meaning && meaning !== 'answer.meaning.noMailbox' && (
          <Text size="sm">{t(meaning)}</Text>
        )}
        {response !== '' && (
          <Text size="xs">
            {t(answer ? 'testMail.answer' : 'testMail.reason')}:{' '}
            <Code lang="en" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
              {response}
            </Code>
          </Text>
        )}
        {status !== 'sent' && response !== '' && advice && <Text size="sm">{advice}</Text>}
      </Stack>
    </Alert>
  );
}
