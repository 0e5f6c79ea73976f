import { useState } from 'react';
import { Button, Popover, Stack, Text } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { useTestMail } from '@/api/testMail';
import { ClientSelect } from '@/ui/ClientSelect';
import { ErrorState } from '@/ui/ErrorState';
import { TestMailState } from '@/ui/TestMailState';
import type { Message } from './queries';
import type { Draft } from './useDraft';

interface Props {
  message: Message;
  draft: Draft;
  /** Whose data the preview shows. */
  client: Schema<'Client'> | null;
}

/** Mails the message as it stands in the editor to the person who writes it. */
export function SendTest({ message, draft, client: shown }: Props) {
  const { t } = useTranslation('messages');
  const { email } = useMe();
  const [opened, setOpened] = useState(false);
  const [client, setClient] = useState(shown);
  const test = useTestMail(() =>
    call(
      api.POST('/messages/{id}/test', {
        params: { path: { id: message.id } },
        body: { ...draft, ...(client ? { client_id: client.id } : {}) },
      }),
    ),
  );
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={360}
      withArrow
      trapFocus
      shadow="md"
      closeOnClickOutside={!test.busy}
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          onClick={() => {
            setClient(shown);
            if (!test.busy) test.reset();
            setOpened(!opened);
          }}
        >
          {t('test.open')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 2rem)">
        <Stack gap="sm">
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {t('test.to', { email })}
          </Text>
          <ClientSelect
            label={t('test.client')}
            placeholder={t('preview.someone')}
            comboboxProps={{ withinPortal: false }}
            client={client}
            onClient={setClient}
          />
          {test.error && <ErrorState error={test.error} words={{ validation_failed: t('test.wrong') }} />}
          {test.mail && <TestMailState mail={test.mail} email={email} />}
          <Button
            data-autofocus // the list of clients would open over it
            onClick={() => {
              test.send(undefined);
            }}
            loading={test.busy}
          >
            {t(test.mail ? 'test.again' : 'test.send')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
