import { useTranslation } from 'react-i18next';
import { PageHeader } from '@/ui/PageHeader';
import { Preview } from './Preview';
import type { Message } from './queries';

/** A message for those who may not change it. */
export function Reading({ message }: { message: Message }) {
  const { t } = useTranslation('messages');
  return (
    <>
      <PageHeader title={message.subject} above={[{ to: '/messages', title: t('title') }]} />
      <Preview draft={message} message={message} dirty={false} />
    </>
  );
}
