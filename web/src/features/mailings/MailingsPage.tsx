import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';

export function MailingsPage() {
  const { t } = useTranslation('mailings');
  return <PageHeader title={t('title')} />;
}
