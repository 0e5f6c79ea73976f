import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { ActionIcon, Badge, Box, Button, Group, Menu, Stack } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { IconCopy, IconDots, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { ApiError } from '@/api/problem';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { confirmAction } from '@/ui/confirm';
import { Body } from './Body';
import { Preview } from './Preview';
import { SendTest } from './SendTest';
import { SubjectField } from './SubjectField';
import type { Message } from './queries';
import { useDraft } from './useDraft';
import { useMessageActions } from './useMessageActions';
import { usePreview } from './usePreview';
import classes from './Editor.module.css';

/** A message being written, with its preview beside it. */
export function Editor({ message }: { message?: Message }) {
  const { t } = useTranslation('messages');
  const navigate = useNavigate();
  const { draft, change, stored, dirty, pending, error, save, takeNewest, blocker, leaveFreely, ...written } =
    useDraft(message);
  const [client, setClient] = useState<Schema<'Client'> | null>(null);
  const preview = usePreview(draft, stored, dirty, client);
  const faults = written.faults.length > 0 ? written.faults : preview.faults;
  const { clone, askDelete } = useMessageActions(() => {
    leaveFreely();
    void navigate({ to: '/messages' });
  });
  useHotkeys([['mod+S', () => void save()]], [], true);

  const asked = useRef(false);
  const askToLeave = useEffectEvent(() => {
    confirmAction({
      title: t('leave.title'),
      text: t('leave.text'),
      action: t('leave.action'),
      onConfirm: () => blocker.proceed?.(),
      onCancel: () => blocker.reset?.(),
    });
  });
  useEffect(() => {
    if (blocker.status === 'blocked' && !asked.current) askToLeave();
    asked.current = blocker.status === 'blocked';
  }, [blocker.status]);

  const stale = error instanceof ApiError && error.status === 412;
  return (
    <>
      <PageHeader
        title={stored ? stored.subject : t('new')}
        above={[{ to: '/messages', title: t('title') }]}
        badge={
          dirty && (
            <Badge variant="default" tt="none" fw={500}>
              {t('unsaved')}
            </Badge>
          )
        }
        action={
          <Group gap="xs">
            {stored && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="default"
                    size={36}
                    aria-label={t('actions', { subject: stored.subject })}
                  >
                    <IconDots size={18} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<IconCopy size={16} aria-hidden />}
                    disabled={dirty}
                    onClick={() => {
                      clone(stored.id);
                    }}
                  >
                    {t('clone.action')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconTrash size={16} aria-hidden />}
                    c="var(--mantine-color-error)"
                    onClick={() => {
                      askDelete(stored);
                    }}
                  >
                    {t('delete.action')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
            {stored && <SendTest message={stored} draft={draft} client={client} />}
            <Button onClick={() => void save()} loading={pending} disabled={!dirty}>
              {t('action.save', { ns: 'common' })}
            </Button>
          </Group>
        }
      />
      <Stack>
        {error !== undefined && (
          <ErrorState
            error={error}
            words={{ stale_revision: t('stale.text'), message_not_found: t('gone') }}
          />
        )}
        {stale && (
          <Group>
            <Button size="xs" variant="default" onClick={() => void takeNewest()}>
              {t('stale.take')}
            </Button>
            <Button size="xs" variant="default" onClick={() => void save(true)}>
              {t('stale.over')}
            </Button>
          </Group>
        )}
        <Box className={classes.columns}>
          <Stack miw={0}>
            <SubjectField
              value={draft.subject}
              onChange={(subject) => {
                change({ subject });
              }}
              faults={faults.filter(({ field }) => field === 'subject')}
              fresh={!stored}
            />
            <Body draft={draft} change={change} faults={faults} />
          </Stack>
          <Preview message={stored?.id} preview={preview} client={client} onClient={setClient} />
        </Box>
      </Stack>
    </>
  );
}
