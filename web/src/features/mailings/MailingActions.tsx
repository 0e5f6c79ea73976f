import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import {
  IconBan,
  IconCopy,
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import type { Mailing } from '@/api/sending';
import { ButtonLink } from '@/ui/links';
import { actionsFor } from './rights';
import { useMailingActions } from './useMailingActions';

/** What this person may do with the mailing: the one thing that matters most now as a button, the rest in a menu. */
export function MailingActions({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('mailings');
  const may = actionsFor(useMe(), mailing);
  const { pending, start, pause, resume, remove, clone, disable, enable } = useMailingActions(mailing);
  const more = may.has('clone') || may.has('delete') || may.has('disable');
  return (
    <Group gap="xs">
      {may.has('edit') && (
        <ButtonLink
          to="/mailings/$mailingId/edit"
          params={{ mailingId: mailing.id }}
          variant={mailing.status === 'draft' ? 'filled' : 'default'}
          leftSection={<IconPencil size={16} aria-hidden />}
        >
          {t(mailing.status === 'draft' ? 'finishDraft' : 'edit')}
        </ButtonLink>
      )}
      {may.has('pause') && (
        <Button
          variant="default"
          loading={pending}
          leftSection={<IconPlayerPause size={16} aria-hidden />}
          onClick={pause}
        >
          {t('pause.action')}
        </Button>
      )}
      {may.has('resume') && (
        <Button loading={pending} leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={resume}>
          {t('resume.action')}
        </Button>
      )}
      {may.has('start') && (
        <Button loading={pending} leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={start}>
          {t('start.action')}
        </Button>
      )}
      {may.has('enable') && (
        <Button loading={pending} leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={enable}>
          {t('enable.action')}
        </Button>
      )}
      {more && (
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label={t('more', { name: mailing.name })}>
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {may.has('clone') && (
              <Menu.Item leftSection={<IconCopy size={16} aria-hidden />} onClick={clone}>
                {t('clone.action')}
              </Menu.Item>
            )}
            {may.has('disable') && (
              <Menu.Item
                c="var(--mantine-color-error)"
                leftSection={<IconBan size={16} aria-hidden />}
                onClick={disable}
              >
                {t('disable.action')}
              </Menu.Item>
            )}
            {may.has('delete') && (
              <Menu.Item
                c="var(--mantine-color-error)"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={remove}
              >
                {t('delete.action')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}
