import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function ListsPage() {
  const { t } = useTranslation('lists');
  return <PageHeader title={t('title')} />;
}
