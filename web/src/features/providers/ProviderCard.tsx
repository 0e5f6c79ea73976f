import type { ReactNode } from 'react';
import { Badge, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconHandStop, IconPlugX, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { Figure } from '@/ui/Figure';
import { Reason } from '@/ui/Reason';
import { ZonedTime } from '@/ui/ZonedTime';

const looks = {
  closed: ['green', IconCheck],
  'half-open': ['yellow', IconRefresh],
  open: ['yellow', IconAlertTriangle],
  stopped: ['red', IconHandStop],
  away: ['red', IconPlugX],
} as const;

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} className="tabular">
        {children}
      </Text>
    </div>
  );
}

export function ProviderCard({ provider }: { provider: Schema<'Provider'> }) {
  const { t } = useTranslation('providers');
  const { number } = useFormat();
  const { id, kind, state, rate, reason, last_error, last_error_at, slowed_domains } = provider;
  const [color, Icon] = looks[state];
  const away = state === 'away';
  return (
    <Paper withBorder p="md" component="section" aria-label={id}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
              {id}
            </Title>
            <Text size="xs" c="dimmed">
              {t(`kind.${kind}`)}
              {provider.default && <> · {t('default')}</>}
            </Text>
          </div>
          <Badge
            variant="default"
            tt="none"
            fw={500}
            miw="max-content"
            leftSection={<Icon size={13} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
          >
            {t(`state.${state}.name`)}
          </Badge>
        </Group>
        <Text size="sm">{t(`state.${state}.text`)}</Text>
        {reason !== '' && <Reason reason={reason} code={provider.reason_code} />}
        <SimpleGrid component="dl" cols={{ base: 2, xs: 4 }} spacing="sm" m={0}>
          <Fact name={t('rate')}>
            {rate === null ? t('noLimit') : t('perSecond', { rate: number(rate, 1) })}
          </Fact>
          <Fact name={t('connections')}>
            {away ? (
              <Figure value={null} />
            ) : (
              t('of', { open: number(provider.connections), most: number(provider.max_connections) })
            )}
          </Fact>
          <Fact name={t('senders')}>
            <Figure value={provider.senders} />
          </Fact>
          <Fact name={t('reported')}>
            <ZonedTime at={provider.reported_at} show="relative" />
          </Fact>
        </SimpleGrid>
        <div>
          <Text size="xs" c="dimmed">
            {t('lastError')}
          </Text>
          {last_error === '' ? (
            <Text size="sm">{t('noError')}</Text>
          ) : (
            <>
              <Code lang="en" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                {last_error}
              </Code>
              <Text size="xs" c="dimmed">
                <ZonedTime at={last_error_at} show="both" />
              </Text>
            </>
          )}
        </div>
        {slowed_domains.length > 0 && (
          <div>
            <Text size="xs" c="dimmed">
              {t('slowed')}
            </Text>
            <Text size="sm">
              {slowed_domains
                .map(({ domain, rate: slow }) => `${domain} (${t('perSecond', { rate: number(slow, 2) })})`)
                .join(', ')}
            </Text>
          </div>
        )}
      </Stack>
    </Paper>
  );
}
