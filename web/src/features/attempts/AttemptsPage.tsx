import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function AttemptsPage() {
  const { t } = useTranslation('attempts');
  return <PageHeader title={t('title')} />;
}
