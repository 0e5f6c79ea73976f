import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function ProvidersPage() {
  const { t } = useTranslation('providers');
  return <PageHeader title={t('title')} />;
}
