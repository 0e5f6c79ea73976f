import { useEffect, useRef, useState } from 'react';
import { Paper, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { Counts } from './Counts';
import { keep, rateOf, type Point } from './rate';
import type { Upload } from './upload';
import type { Import } from './useImport';
import { useSize } from './useSize';

interface Props {
  value: Import | undefined;
  upload: Upload | undefined;
}

export function ImportRunning({ value, upload }: Props) {
  const { t } = useTranslation('imports');
  const { percent } = useFormat();
  const size = useSize();
  const rate = useRate(value);
  const total = value?.size ?? upload?.size ?? null;
  // What the server has read is the truth; the upload is ahead of it by what is on its way.
  const bytes = value?.bytes ?? 0;
  const share = total ? percent(Math.min(bytes, total), total) : undefined;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="import-now">
      <Stack>
        <Text fw={600} id="import-now" role="status">
          {value ? t('running.reading') : t('running.sending')}
        </Text>
        <Progress.Root size="lg">
          <Progress.Section
            value={total ? (100 * bytes) / total : 0}
            animated
            aria-label={t('running.progress')}
            aria-valuetext={share ?? t('unknown', { ns: 'common' })}
          />
        </Progress.Root>
        <Text size="sm" c="dimmed" className="tabular">
          {total ? t('running.of', { done: size(bytes), all: size(total) }) : size(bytes)}
          {share && ` · ${share}`}
          {rate !== undefined && ` · ${rate}`}
        </Text>
        {value && <Counts value={value} />}
        <Text size="sm">{t(upload?.state === 'sending' ? 'running.keepOpen' : 'running.leave')}</Text>
      </Stack>
    </Paper>
  );
}

/** How fast it goes and how long it will take, in words. */
function useRate(value: Import | undefined): string | undefined {
  const { t } = useTranslation('imports');
  const { number, duration } = useFormat();
  const points = useRef<Point[]>([]);
  const [rate, setRate] = useState<number>();
  const rows = value?.rows;
  useEffect(() => {
    if (rows === undefined) return;
    points.current = keep(points.current, { at: Date.now(), rows });
    setRate(rateOf(points.current));
  }, [rows]);
  if (!value || !rate) return undefined;
  const speed = t('running.rate', { rate: number(Math.round(rate)) });
  if (!value.size || value.bytes === 0) return speed;
  const left = ((value.size - value.bytes) / value.bytes) * (value.rows / rate) * 1000;
  return left < 1000 ? speed : `${speed} · ${t('running.left', { time: duration(left) })}`;
}
