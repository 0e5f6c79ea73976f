import { Badge, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { ZonedTime } from '@/ui/ZonedTime';

export function KeyRow({ value, onRevoke }: { value: Schema<'APIKey'>; onRevoke: () => void }) {
  const { t } = useTranslation('account');
  return (
    <Group wrap="nowrap" align="flex-start">
      <Stack gap={2} flex={1} miw={0}>
        <Group gap="xs">
          <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
            {value.name}
          </Text>
          {value.scopes.map((scope) => (
            <Badge key={scope} variant="default" tt="none" fw={500}>
              {t(`keys.${scope}`)}
            </Badge>
          ))}
        </Group>
        <Text size="xs" c="dimmed">
          {t('keys.prefix')} <Code>{value.prefix}</Code> · {t('keys.created')}{' '}
          <ZonedTime at={value.created_at} /> · {t('keys.used')}{' '}
          {value.last_used_at ? <ZonedTime at={value.last_used_at} show="relative" /> : t('keys.never')}
        </Text>
      </Stack>
      <Button
        size="compact-sm"
        variant="default"
        onClick={onRevoke}
        aria-label={`${t('keys.revoke')}: ${value.name}`}
      >
        {t('keys.revoke')}
      </Button>
    </Group>
  );
}
