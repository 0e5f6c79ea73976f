import { Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Attempt } from '@/api/sending';
import { useProgress } from '@/api/useProgress';
import { useFormat } from '@/lib/useFormat';
import { Figure } from '../Figure';
import { OutcomeBar } from '../OutcomeBar';
import type { Outcome } from '../outcomes';
import { ZonedTime } from '../ZonedTime';
import { audienceOf } from './figures';
import { Saying } from './Saying';
import { Tiles } from './Tiles';

interface Props {
  attempt: Attempt;
  /** When it must be over; null for no such time, undefined when nobody has said. */
  deadline?: string | null | undefined;
  zone?: string | undefined;
  chosen?: Outcome | undefined;
  /** Its mailing is paused or disabled: nothing moves. */
  held?: boolean;
  /** Bar and rate alone, for a list. */
  compact?: boolean;
}

/** An attempt as it moves: bar, counters, rate, and what is happening. */
export function AttemptProgress({ attempt, deadline, zone, chosen, held = false, compact = false }: Props) {
  const { progress } = useProgress(attempt);
  const begun = progress.started_at !== null;
  if (compact)
    return (
      <Stack gap={6}>
        <OutcomeBar counts={progress} audience={audienceOf(progress)} />
        <Saying attempt={progress} />
        {progress.status === 'running' && <Pace rate={progress.rate_per_second} eta={progress.eta_seconds} />}
      </Stack>
    );
  return (
    <Stack gap="sm">
      {begun && <OutcomeBar counts={progress} audience={audienceOf(progress)} size={16} />}
      <div role="status">
        <Saying attempt={progress} held={held} />
      </div>
      {begun && <Tiles attempt={progress} chosen={chosen} />}
      {begun && <Facts progress={progress} deadline={deadline} zone={zone} held={held} />}
    </Stack>
  );
}

function Pace({ rate, eta }: { rate: number | null; eta: number | null }) {
  const { t } = useTranslation();
  const { number, duration } = useFormat();
  return (
    <Text size="xs" c="dimmed" className="tabular">
      {rate === null ? t('attempt.rateUnknown') : t('attempt.rate', { rate: number(rate, 1) })}
      {' · '}
      {eta === null ? t('attempt.etaUnknown') : t('attempt.eta', { wait: duration(eta * 1000) })}
    </Text>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </div>
  );
}

type FactsProps = Pick<Props, 'deadline' | 'zone' | 'held'> & {
  progress: Attempt & { rate_per_second: number | null; eta_seconds: number | null };
};

function Facts({ progress, deadline, zone, held }: FactsProps) {
  const { t } = useTranslation();
  const { number, duration } = useFormat();
  const running = progress.status === 'running';
  const at = (time: string | null) => <ZonedTime at={time} show="both" {...(zone ? { zone } : {})} />;
  const took =
    progress.started_at && progress.finished_at
      ? Date.parse(progress.finished_at) - Date.parse(progress.started_at)
      : null;
  return (
    <Group component="dl" gap="lg" m={0} align="flex-start">
      <Fact name={t('attempt.audience')}>
        <Figure value={audienceOf(progress)} />
      </Fact>
      {running && !held && (
        <>
          <Fact name={t('attempt.rateName')}>
            {progress.rate_per_second === null
              ? t('unknown')
              : t('attempt.rate', { rate: number(progress.rate_per_second, 1) })}
          </Fact>
          <Fact name={t('attempt.etaName')}>
            {progress.eta_seconds === null ? t('unknown') : duration(progress.eta_seconds * 1000)}
          </Fact>
        </>
      )}
      <Fact name={t('attempt.started')}>
        {at(progress.started_at)}
        {progress.late_ms >= 60_000 && <> · {t('attempt.late', { wait: duration(progress.late_ms) })}</>}
      </Fact>
      {running && deadline !== undefined && (
        <Fact name={t('attempt.deadline')}>{deadline === null ? t('attempt.noDeadline') : at(deadline)}</Fact>
      )}
      {progress.finished_at && <Fact name={t('attempt.finished')}>{at(progress.finished_at)}</Fact>}
      {took !== null && <Fact name={t('attempt.took')}>{duration(took)}</Fact>}
      {progress.last_response !== '' && (
        <Fact name={t('attempt.lastResponse')}>
          <span lang="en">{progress.last_response}</span>
        </Fact>
      )}
    </Group>
  );
}
