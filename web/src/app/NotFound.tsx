import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconMapOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '@/ui/EmptyState';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main>
      <title>{`${t('notFound.title')} · ${t('product')}`}</title>
      <EmptyState icon={IconMapOff} order={1} title={t('notFound.title')} text={t('notFound.text')}>
        <Button component={Link} to="/">
          {t('notFound.action')}
        </Button>
      </EmptyState>
    </main>
  );
}
