import {
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClockPause,
  IconHelpCircle,
  IconHourglassEmpty,
  IconPlayerSkipForward,
} from '@tabler/icons-react';
import type { Schema } from '@/api/client';

export type Outcome = keyof Schema<'Counts'> | 'pending';

/** The one place that says how an outcome looks, in badges, bars, charts and logs; always with its icon and its word. */
export const outcomes: Record<Outcome, { color: string; icon: typeof IconCircleCheck }> = {
  sent: { color: 'green', icon: IconCircleCheck },
  deferred: { color: 'yellow', icon: IconClockPause },
  failed: { color: 'red', icon: IconCircleX },
  unknown: { color: 'violet', icon: IconHelpCircle },
  skipped: { color: 'gray', icon: IconPlayerSkipForward },
  expired: { color: 'gray', icon: IconHourglassEmpty },
  pending: { color: 'gray', icon: IconCircleDashed },
};

export const outcomeOrder: readonly Outcome[] = [
  'sent',
  'deferred',
  'failed',
  'unknown',
  'skipped',
  'expired',
];
