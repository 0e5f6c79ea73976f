import { useEffect, useState } from 'react';
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { waitText } from './errorText';

/** Counts down to when trying again may help; `until` is as `Date.now()` counts. Screen readers hear it when they ask. */
export function RetryWait({ until }: { until: number }) {
  const { t } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  const left = Math.ceil((until - now) / 1000);
  const over = left <= 0;
  useEffect(() => {
    if (over) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [over]);
  return (
    <Text size="sm" role="timer" className="tabular">
      {over ? t('error.ready') : waitText(left * 1000)}
    </Text>
  );
}
