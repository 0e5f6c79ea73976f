import { Button, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { meQuery } from '@/api/me';
import { useTestMail } from '@/api/testMail';
import { ErrorState } from '@/ui/ErrorState';
import { TestMailState } from '@/ui/TestMailState';

/** A message to oneself, which shows that the mail service is set up. */
export function MailStep({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('welcome');
  const { data: me } = useQuery(meQuery);
  const test = useTestMail(() => call(api.POST('/test-mails')));
  const sent = test.mail?.status === 'sent';
  return (
    <Stack>
      {test.error && <ErrorState error={test.error} />}
      {test.mail && <TestMailState mail={test.mail} email={me?.email ?? ''} advice={t('mail.advice')} />}
      <Group grow preventGrowOverflow={false}>
        <Button
          variant={sent ? 'default' : 'filled'}
          loading={test.busy}
          onClick={() => {
            test.send(undefined);
          }}
        >
          {t(test.mail ? 'mail.again' : 'mail.action')}
        </Button>
        <Button variant={sent ? 'filled' : 'default'} onClick={onDone}>
          {t(sent ? 'next' : 'skip')}
        </Button>
      </Group>
    </Stack>
  );
}
