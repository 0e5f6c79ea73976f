import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyText } from '@/ui/CopyText';

export function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const { t } = useTranslation('account');
  return (
    <Stack>
      <Title order={3} size="h5">
        {t('factor.codesTitle')}
      </Title>
      <Text size="sm">{t('factor.codesText')}</Text>
      <CopyText value={codes.join('\n')} label={t('factor.codesTitle')} />
      <Group>
        <Button onClick={onKept}>{t('factor.codesKept')}</Button>
      </Group>
    </Stack>
  );
}
