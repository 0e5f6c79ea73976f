import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function MessagesPage() {
  const { t } = useTranslation('messages');
  return <PageHeader title={t('title')} />;
}
