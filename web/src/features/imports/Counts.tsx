import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Figure } from '@/ui/Figure';
import type { Import } from './useImport';

/** What has become of the rows so far. */
export function Counts({ value }: { value: Import }) {
  const { t } = useTranslation('imports');
  const counts = [
    { name: t('counts.rows'), count: value.rows },
    { name: t('counts.created'), count: value.created },
    { name: t('counts.changed'), count: value.updated - value.unchanged },
    { name: t('counts.unchanged'), count: value.unchanged },
    { name: t('counts.rejected'), count: value.rejected },
  ];
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, sm: 5 }} component="dl" m={0}>
      {counts.map(({ name, count }) => (
        <Stack key={name} gap={0} style={{ flexDirection: 'column-reverse' }} justify="flex-end">
          <Text component="dt" size="xs" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} fz={24} fw={600} lh={1.2}>
            <Figure value={count} />
          </Text>
        </Stack>
      ))}
    </SimpleGrid>
  );
}
