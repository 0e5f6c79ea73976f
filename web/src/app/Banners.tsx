import { Alert, Stack } from '@mantine/core';
import { IconMailExclamation, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { useFormat } from '@/lib/useFormat';
import { AnchorLink } from '@/ui/links';

/** What holds for the whole account and stands above every page. */
export function Banners() {
  const { t } = useTranslation();
  const { time } = useFormat();
  const me = useMe();
  if (me.confirmed && !me.deletion_at) return null;
  return (
    <Stack gap="xs" mb="lg">
      {!me.confirmed && (
        <Alert color="yellow" icon={<IconMailExclamation aria-hidden />} title={t('banner.confirm.title')}>
          {t('banner.confirm.text', { email: me.email })}{' '}
          <AnchorLink to="/check-mail" search={{ email: me.email }} inherit fw={600} underline="always">
            {t('banner.confirm.action')}
          </AnchorLink>
        </Alert>
      )}
      {me.deletion_at && (
        <Alert
          color="red"
          icon={<IconTrash aria-hidden />}
          title={t('banner.deletion.title', { at: time(me.deletion_at) })}
        >
          {t('banner.deletion.text')}{' '}
          <AnchorLink to="/account" hash="deletion" inherit fw={600} underline="always">
            {t('banner.deletion.action')}
          </AnchorLink>
        </Alert>
      )}
    </Stack>
  );
}
