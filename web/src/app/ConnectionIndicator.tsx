import { Badge, Tooltip } from '@mantine/core';
import { IconPlugConnected, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useConnection } from '@/api/connection';

const looks = {
  live: { color: 'teal', icon: IconPlugConnected },
  polling: { color: 'yellow', icon: IconRefresh },
  lost: { color: 'red', icon: IconPlugConnectedX },
} as const;

/** Whether what is shown is pushed as it happens; nothing on pages that show nothing live. */
export function ConnectionIndicator() {
  const { t } = useTranslation();
  const state = useConnection();
  const { color, icon: Icon } = looks[state === 'idle' ? 'live' : state];
  return (
    <div role="status">
      {state !== 'idle' && (
        <Tooltip label={t(`connection.${state}.hint`)} multiline maw={280}>
          <Badge
            color={color}
            variant="default"
            leftSection={<Icon size={12} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
            tt="none"
            fw={500}
          >
            {t(`connection.${state}.name`)}
          </Badge>
        </Tooltip>
      )}
    </div>
  );
}
