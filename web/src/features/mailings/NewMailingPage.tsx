import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { useMe } from '@/api/me';
import { newId } from '@/lib/uuid';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { emptyValues, inputOf } from './form';
import { MailingForm } from './MailingForm';

export function NewMailingPage() {
  const { t } = useTranslation('mailings');
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [initial] = useState(() => emptyValues(me.time_zone, Date.now()));
  return (
    <>
      <PageHeader title={t('new')} above={[{ to: '/mailings', title: t('title') }]} />
      <MailingForm
        initial={initial}
        status="new"
        onSave={async (values, draft) => {
          const header = { 'Idempotency-Key': newId() };
          const made = await call(
            api.POST('/mailings', { params: { header }, body: inputOf(values, draft, Date.now()) }),
          );
          notifyDone(t(draft ? 'saved.draft' : 'saved.scheduled', { name: made.name }));
          void queryClient.invalidateQueries({ queryKey: ['mailings'] });
          void queryClient.invalidateQueries({ queryKey: ['summary'] });
          await navigate({ to: '/mailings/$mailingId', params: { mailingId: made.id } });
        }}
      />
    </>
  );
}
