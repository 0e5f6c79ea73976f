import { ActionIcon, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import {
  IconBan,
  IconCheck,
  IconClipboardList,
  IconDots,
  IconSend,
  IconUserShield,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { newId } from '@/lib/uuid';
import { askReason } from '@/ui/askReason';
import { confirmAction } from '@/ui/confirm';
import { MenuLink } from '@/ui/links';
import { notifyDone, notifyError } from '@/ui/notify';
import { mayBlock, mayGiveRole, mayUnblock } from './rights';
import { roles } from './routes';

/** What may be done with a user; nothing else is offered. */
export function UserMenu({ user }: { user: Schema<'Account'> }) {
  const { t } = useTranslation('users');
  const me = useMe();
  const queryClient = useQueryClient();
  const { email } = user;
  const params = () => ({ path: { id: user.id }, header: { 'Idempotency-Key': newId() } });
  const run = async (work: Promise<unknown>, said: string) => {
    try {
      await work;
      notifyDone(said);
    } catch (failure) {
      notifyError(failure, { last_admin: t('roles.last') });
    } finally {
      void queryClient.invalidateQueries({ queryKey: ['users'] });
    }
  };
  const block = () => {
    askReason({
      title: t('block.title', { email }),
      text: t('block.text'),
      action: t('block.action'),
      send: async (reason) => {
        await call(api.POST('/users/{id}/block', { params: params(), body: { reason } }));
        notifyDone(t('block.done', { email }));
        await queryClient.invalidateQueries({ queryKey: ['users'] });
      },
    });
  };
  const unblock = () => {
    confirmAction({
      title: t('unblock.title', { email }),
      text: t('unblock.text', { reason: user.blocked_reason }),
      action: t('unblock.action'),
      danger: false,
      onConfirm: () =>
        void run(call(api.POST('/users/{id}/unblock', { params: params() })), t('unblock.done', { email })),
    });
  };
  const give = (role: Schema<'Role'>) => {
    const name = t(`role.${role}`, { ns: 'common' });
    confirmAction({
      title: t('roles.title', { email, role: name }),
      text: t(`roles.${role}`),
      action: t('roles.action'),
      danger: role === 'admin',
      onConfirm: () =>
        void run(
          call(
            api.POST('/users/{id}/role', {
              params: params(),
              body: { role, pause_mailings: role === 'manager' },
            }),
          ),
          t('roles.done', { email, role: name }),
        ),
    });
  };
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('menu', { email })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <MenuLink to="/mailings" search={{ owner: user.id }} leftSection={<IconSend size={16} aria-hidden />}>
          {t('toMailings')}
        </MenuLink>
        {me.role === 'admin' && (
          <MenuLink
            to="/audit"
            search={{ owner_id: user.id }}
            leftSection={<IconClipboardList size={16} aria-hidden />}
          >
            {t('toAudit')}
          </MenuLink>
        )}
        {mayGiveRole(me, user) && (
          <>
            <Menu.Divider />
            {roles
              .filter((role) => role !== user.role)
              .map((role) => (
                <Menu.Item
                  key={role}
                  leftSection={<IconUserShield size={16} aria-hidden />}
                  onClick={() => {
                    give(role);
                  }}
                >
                  {t('roles.make', { role: t(`role.${role}`, { ns: 'common' }) })}
                </Menu.Item>
              ))}
          </>
        )}
        {(mayBlock(me, user) || mayUnblock(me, user)) && <Menu.Divider />}
        {mayBlock(me, user) && (
          <Menu.Item
            c="var(--mantine-color-error)"
            leftSection={<IconBan size={16} aria-hidden />}
            onClick={block}
          >
            {t('block.action')}
          </Menu.Item>
        )}
        {mayUnblock(me, user) && (
          <Menu.Item leftSection={<IconCheck size={16} aria-hidden />} onClick={unblock}>
            {t('unblock.action')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
