import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { PageHeader } from '@/ui/PageHeader';
import { Preview } from './Preview';
import type { Message } from './queries';
import { usePreview } from './usePreview';

/** A message for those who may not change it. */
export function Reading({ message }: { message: Message }) {
  const { t } = useTranslation('messages');
  const [client, setClient] = useState<Schema<'Client'> | null>(null);
  const preview = usePreview(message, message, false, client);
  return (
    <>
      <PageHeader title={message.subject} above={[{ to: '/messages', title: t('title') }]} />
      <Preview message={message.id} preview={preview} client={client} onClient={setClient} />
    </>
  );
}
