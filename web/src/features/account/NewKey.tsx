import { Button, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyText } from '@/ui/CopyText';

/** A key that was just made, shown this once. */
export function NewKey({ value, onKept }: { value: string; onKept: () => void }) {
  const { t } = useTranslation('account');
  return (
    <Stack>
      <Text size="sm">{t('keys.shownText')}</Text>
      <CopyText value={value} label={t('keys.title')} />
      <Group justify="flex-end">
        <Button onClick={onKept}>{t('keys.shownDone')}</Button>
      </Group>
    </Stack>
  );
}
