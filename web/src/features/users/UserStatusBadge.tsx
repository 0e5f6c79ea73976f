import { Badge, Tooltip } from '@mantine/core';
import { IconBan, IconCheck, IconMailQuestion, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';

const looks = {
  active: ['green', IconCheck],
  unconfirmed: ['yellow', IconMailQuestion],
  blocked: ['red', IconBan],
  deleting: ['gray', IconTrash],
} as const;

export function UserStatusBadge({ user: { status, blocked_reason } }: { user: Schema<'Account'> }) {
  const { t } = useTranslation('users');
  const [color, Icon] = looks[status];
  return (
    <Tooltip label={blocked_reason} disabled={blocked_reason === ''} multiline maw={320}>
      <Badge
        variant="default"
        tt="none"
        fw={500}
        leftSection={<Icon size={13} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
      >
        {t(`status.${status}`)}
      </Badge>
    </Tooltip>
  );
}
