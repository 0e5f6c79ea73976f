import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Attempt } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { useNow } from '@/lib/useNow';
import { Reason } from '../Reason';
import { audienceOf, sayingOf, settledOf } from './figures';

/** What is happening with an attempt, or what came of it, in a sentence. */
export function Saying({ attempt, held = false }: { attempt: Attempt; held?: boolean }) {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const now = useNow(attempt.next_try_at !== null);
  const saying = sayingOf(attempt, held);
  const audience = audienceOf(attempt);
  const words = {
    done: number(settledOf(attempt)),
    audience: audience === null ? t('unknown') : number(audience),
    sent: number(attempt.sent),
    at: time(attempt.due_at),
  };
  return (
    <>
      <Text size="sm">
        {t(`attempt.saying.${saying}`, words)}
        {attempt.status === 'running' && !held && attempt.deferred > 0 && (
          <>
            {' '}
            {t('attempt.deferred', { count: attempt.deferred, formatted: number(attempt.deferred) })}
            {attempt.next_try_at && (
              <>
                {' '}
                {Date.parse(attempt.next_try_at) > now.getTime()
                  ? t('attempt.nextTry', { at: time(attempt.next_try_at, { year: false }) })
                  : t('attempt.triedNow')}
              </>
            )}
          </>
        )}
        {attempt.unknown > 0 && (
          <> {t('attempt.unknown', { count: attempt.unknown, formatted: number(attempt.unknown) })}</>
        )}
      </Text>
      {attempt.reason !== '' && <Reason reason={attempt.reason} code={attempt.reason_code} />}
    </>
  );
}
