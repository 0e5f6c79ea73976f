import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function ClientsPage() {
  const { t } = useTranslation('clients');
  return <PageHeader title={t('title')} />;
}
