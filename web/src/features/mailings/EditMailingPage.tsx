import { useState } from 'react';
import { Skeleton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { mailingQuery, type Mailing } from '@/api/sending';
import { newId } from '@/lib/uuid';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { MailingBadge } from '@/ui/StatusBadge';
import { confirmEffects } from './confirmEffects';
import { effectsOf, patchOf, valuesOf } from './form';
import { MailingForm } from './MailingForm';
import { actionsFor } from './rights';
import { ReadOnly } from './ReadOnly';

const route = getRouteApi('/shell/mailings/$mailingId/edit');

export function EditMailingPage() {
  const { t } = useTranslation('mailings');
  const { mailingId } = route.useParams();
  const me = useMe();
  // What is being edited must not change under the hands: the newest is asked for once, and after a conflict.
  const { data, error, refetch } = useQuery({
    ...mailingQuery(mailingId),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const above = [
    { to: '/mailings', title: t('title') },
    { to: `/mailings/${mailingId}`, title: data?.name ?? t('one') },
  ];
  return (
    <>
      <PageHeader title={t('edit')} above={above} badge={data && <MailingBadge status={data.status} />} />
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton h={400} />)}
      {data &&
        (actionsFor(me, data).has('edit') ? (
          <Editor key={data.id} loaded={data} />
        ) : (
          <ReadOnly owner={data.owner_email} />
        ))}
    </>
  );
}

function Editor({ loaded }: { loaded: Mailing }) {
  const { t } = useTranslation('mailings');
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [base, setBase] = useState(loaded);
  const [version, setVersion] = useState(0);
  const [now] = useState(() => Date.now());
  const reload = async () => {
    const { queryKey, queryFn } = mailingQuery(base.id);
    return queryClient.fetchQuery({ queryKey, queryFn, staleTime: 0 } as ReturnType<typeof mailingQuery>);
  };
  const send = async (body: Schema<'MailingPatch'>) => {
    const header = { 'Idempotency-Key': newId(), 'If-Match': `"${String(base.revision)}"` };
    const changed = await call(
      api.PATCH('/mailings/{id}', { params: { path: { id: base.id }, header }, body }),
    );
    queryClient.setQueryData(mailingQuery(base.id).queryKey, changed);
    void queryClient.invalidateQueries({ queryKey: ['mailings'] });
    notifyDone(t(changed.status === 'draft' ? 'saved.draft' : 'saved.changed', { name: changed.name }));
    await navigate({ to: '/mailings/$mailingId', params: { mailingId: base.id } });
  };
  return (
    <MailingForm
      key={version}
      initial={valuesOf(base, now)}
      status={base.status}
      onSave={async (values, draft) => {
        const patch = patchOf(base, values, Date.now());
        if (base.status === 'draft' && !draft) patch.draft = false;
        const effects = effectsOf(base, patch, Date.now());
        if (effects.length > 0 && !(await confirmEffects(base.name, effects))) return;
        await send(patch);
      }}
      stale={{
        // The newest replaces what was written here.
        take: async () => {
          setBase(await reload());
          setVersion((n) => n + 1);
        },
        // What was written here is kept, and goes over the newest when it is saved.
        keep: async () => {
          setBase(await reload());
        },
      }}
    />
  );
}
