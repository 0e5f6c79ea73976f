import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { providersQuery, REFRESH } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { AnchorLink } from '@/ui/links';
import { Reason } from '@/ui/Reason';

/** What somebody should look at: held mailings, mail services that take nothing, unknown outcomes. */
export function Attention({ summary }: { summary: Schema<'Summary'> }) {
  const { t } = useTranslation('dashboard');
  const me = useMe();
  const { data: providers } = useQuery({ ...providersQuery, refetchInterval: 3 * REFRESH });
  const ill = (providers?.items ?? []).filter(
    ({ state }) => state === 'stopped' || state === 'open' || state === 'away',
  );
  if (summary.attention.length + ill.length === 0) return null;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={t('attention.title')}
      component="section"
    >
      <Stack gap="sm">
        {ill.map(({ id, state, reason, reason_code: code }) => (
          <div key={id}>
            <Text size="sm" fw={550}>
              {me.role === 'admin' ? (
                <AnchorLink to="/providers" inherit underline="always">
                  {t(`attention.provider.${state as 'stopped' | 'open' | 'away'}`, { id })}
                </AnchorLink>
              ) : (
                t(`attention.provider.${state as 'stopped' | 'open' | 'away'}`, { id })
              )}
            </Text>
            {reason !== '' && <Reason reason={reason} code={code} />}
          </div>
        ))}
        {summary.attention.map((item) => (
          <Item key={`${item.kind} ${item.mailing_id} ${item.attempt_id ?? ''}`} item={item} />
        ))}
      </Stack>
    </Alert>
  );
}

function Item({ item }: { item: Schema<'Attention'> }) {
  const { t } = useTranslation('dashboard');
  const { number } = useFormat();
  const { kind, mailing_id, mailing_name: name, attempt_id, reason, unknown } = item;
  if (kind === 'unknown_outcomes' && attempt_id)
    return (
      <Text size="sm" fw={550}>
        <AnchorLink
          to="/attempts/$attemptId"
          params={{ attemptId: attempt_id }}
          search={{ outcome: 'unknown' }}
          hash="log"
          inherit
          underline="always"
        >
          {unknown === null
            ? t('attention.unknownSome', { name })
            : t('attention.unknown', { name, count: unknown, formatted: number(unknown) })}
        </AnchorLink>
      </Text>
    );
  return (
    <div>
      <Text size="sm" fw={550}>
        <AnchorLink to="/mailings/$mailingId" params={{ mailingId: mailing_id }} inherit underline="always">
          {t(kind === 'mailing_disabled' ? 'attention.disabled' : 'attention.paused', { name })}
        </AnchorLink>
      </Text>
      {reason && <Reason reason={reason} code={item.reason_code} />}
    </div>
  );
}
