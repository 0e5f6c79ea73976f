import { Badge } from '@mantine/core';
import {
  IconAlertCircle,
  IconBan,
  IconCalendarTime,
  IconCheck,
  IconCircleX,
  IconHourglassEmpty,
  IconPencil,
  IconPlayerPause,
  IconProgress,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';

type Look = [color: string, icon: typeof IconCheck];

const mailing: Record<Schema<'MailingStatus'>, Look> = {
  draft: ['gray', IconPencil],
  scheduled: ['blue', IconCalendarTime],
  running: ['accent', IconProgress],
  paused: ['yellow', IconPlayerPause],
  disabled: ['red', IconBan],
  finished: ['gray', IconCheck],
};

const attempt: Record<AttemptState, Look> = {
  planned: ['blue', IconCalendarTime],
  running: ['accent', IconProgress],
  finished: ['gray', IconCheck],
  cancelled: ['gray', IconBan],
  expired: ['yellow', IconHourglassEmpty],
  missed: ['yellow', IconAlertCircle],
  succeeded: ['green', IconCheck],
  partial: ['yellow', IconAlertCircle],
  failed: ['red', IconCircleX],
};

/** How an attempt stands: its result once it has one, its status until then. */
export type AttemptState = Schema<'AttemptStatus'> | Schema<'AttemptResult'>;

function Status({ look: [color, Icon], text }: { look: Look; text: string }) {
  return (
    <Badge
      variant="default"
      tt="none"
      fw={500}
      miw="max-content"
      leftSection={<Icon size={13} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
    >
      {text}
    </Badge>
  );
}

export function MailingBadge({ status }: { status: Schema<'MailingStatus'> }) {
  const { t } = useTranslation();
  return <Status look={mailing[status]} text={t(`mailingStatus.${status}`)} />;
}

export function AttemptBadge({
  attempt: { status, result },
}: {
  attempt: Pick<Schema<'Attempt'>, 'status' | 'result'>;
}) {
  const { t } = useTranslation();
  const state: AttemptState = status === 'finished' ? (result ?? status) : status;
  return <Status look={attempt[state]} text={t(`attemptStatus.${state}`)} />;
}
