import { Progress, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { outcomeOrder, outcomes } from './outcomes';

interface Props {
  counts: Schema<'Counts'>;
  /** How many recipients there are; null: not known yet, the bar is empty then. */
  audience: number | null;
  size?: number;
}

/** One bar stacked by outcome. Its text says the same in numbers. */
export function OutcomeBar({ counts, audience, size = 10 }: Props) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const shown = outcomeOrder.filter((outcome) => outcome !== 'pending' && counts[outcome] > 0);
  const words = shown.map((o) =>
    t('outcomeCount', {
      name: t(`outcome.${o}`),
      count: number(counts[o as keyof Schema<'Counts'>]) as never,
    }),
  );
  return (
    <Progress.Root size={size} radius="sm" role="img" aria-label={[t('outcomeBar'), ...words].join(', ')}>
      {shown.map((outcome, i) => (
        <Tooltip key={outcome} label={words[i]}>
          <Progress.Section
            role="presentation"
            withAria={false}
            value={audience ? (100 * counts[outcome as keyof Schema<'Counts'>]) / audience : 0}
            color={outcomes[outcome].color}
          />
        </Tooltip>
      ))}
    </Progress.Root>
  );
}
