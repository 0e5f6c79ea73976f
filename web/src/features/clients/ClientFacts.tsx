import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { rowsOf } from './attributes';
import type { Client } from './queries';

/** A client for those who may not change it. */
export function ClientFacts({ client }: { client: Client }) {
  const { t } = useTranslation('clients');
  const facts = [
    { key: 'email', name: t('field.email'), value: client.email },
    { key: 'name', name: t('field.name'), value: client.full_name },
    { key: 'comment', name: t('field.comment'), value: client.comment },
    ...rowsOf(client.attributes),
  ];
  return (
    <Stack component="dl" m={0} gap="xs">
      {facts.map(({ key, name, value }) => (
        <div key={key}>
          <Text component="dt" size="xs" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {value || t('field.none')}
          </Text>
        </div>
      ))}
    </Stack>
  );
}
