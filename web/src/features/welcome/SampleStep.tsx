import { useState } from 'react';
import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Language } from '@/i18n';
import { ErrorState } from '@/ui/ErrorState';
import { makeSample, PARTS } from './sample';

/** Something to look at: made by the same calls as anybody makes, and deleted like everything else. */
export function SampleStep({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation('welcome');
  const [made, setMade] = useState<number>();
  const [error, setError] = useState<unknown>();
  const running = made !== undefined && made < PARTS && error === undefined;
  const done = made === PARTS;
  const make = async () => {
    setError(undefined);
    setMade(0);
    try {
      await makeSample(i18n.language as Language, setMade);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Stack>
      {error !== undefined && <ErrorState error={error} />}
      {running && (
        <Stack gap={4}>
          <Progress.Root size="md">
            <Progress.Section value={(made / PARTS) * 100} aria-label={t('sample.progress')} />
          </Progress.Root>
          <Text size="xs" c="dimmed" role="status">
            {t('sample.made', { made, of: PARTS })}
          </Text>
        </Stack>
      )}
      {done && (
        <Alert color="green" variant="light" role="status">
          {t('sample.done')}
        </Alert>
      )}
      <Group grow preventGrowOverflow={false}>
        {!done && (
          <Button loading={running} onClick={() => void make()}>
            {t(error === undefined ? 'sample.action' : 'sample.again')}
          </Button>
        )}
        <Button variant={done ? 'filled' : 'default'} onClick={onDone} disabled={running}>
          {t(done ? 'sample.finish' : 'sample.skip')}
        </Button>
      </Group>
    </Stack>
  );
}
