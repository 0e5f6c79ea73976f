import { Alert } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

/** Says that things of others are only looked at. */
export function ReadOnly({ owner }: { owner?: string | undefined }) {
  const { t } = useTranslation('mailings');
  return (
    <Alert color="gray" variant="light" icon={<IconEye aria-hidden />} mb="md" py="xs">
      {owner ? t('readOnly.one', { owner }) : t('readOnly.all')}
    </Alert>
  );
}
