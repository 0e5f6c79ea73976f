import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call, done } from '@/api/client';
import { mailingQuery, type Mailing } from '@/api/sending';
import { newId } from '@/lib/uuid';
import { askReason } from '@/ui/askReason';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';

const params = (mailing: Mailing) => ({
  path: { id: mailing.id },
  header: { 'Idempotency-Key': newId() },
});

/** What can be done with a mailing. Whatever sends mail, stops it or cannot be taken back asks first. */
export function useMailingActions(mailing: Mailing) {
  const { t } = useTranslation('mailings');
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { name } = mailing;
  const refresh = () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: ['mailings'] }),
      queryClient.invalidateQueries({ queryKey: ['summary'] }),
    ]);
  const run = useMutation({
    mutationFn: async (what: { do: () => Promise<unknown>; said: string }) => {
      await what.do();
      return what.said;
    },
    onSuccess: (said) => {
      notifyDone(said);
    },
    onError: (failure) => {
      notifyError(failure, { stale_revision: t('stale.text') });
    },
    onSettled: refresh,
  });
  const set = (next: Promise<Mailing>) =>
    next.then((value) => {
      queryClient.setQueryData(mailingQuery(mailing.id).queryKey, value);
    });
  return {
    pending: run.isPending,
    start: () => {
      confirmAction({
        title: t('start.title', { name }),
        text: t('start.text'),
        action: t('start.action'),
        danger: false,
        onConfirm: () => {
          run.mutate({
            do: async () => {
              await call(api.POST('/mailings/{id}/start', { params: params(mailing) }));
              // It begins in some tenths of a second; until then there is nothing that could tell of it.
              for (const wait of [700, 2_500]) setTimeout(() => void refresh(), wait);
            },
            said: t('start.done', { name }),
          });
        },
      });
    },
    // Stopping is urgent and harmless: it is not asked about.
    pause: () => {
      run.mutate({
        do: () => set(call(api.POST('/mailings/{id}/pause', { params: params(mailing) }))),
        said: t('pause.done', { name }),
      });
    },
    resume: () => {
      confirmAction({
        title: t('resume.title', { name }),
        text: t('resume.text'),
        action: t('resume.action'),
        danger: false,
        onConfirm: () => {
          run.mutate({
            do: () => set(call(api.POST('/mailings/{id}/resume', { params: params(mailing) }))),
            said: t('resume.done', { name }),
          });
        },
      });
    },
    remove: () => {
      confirmAction({
        title: t('delete.title', { name }),
        text: t(mailing.status === 'running' ? 'delete.running' : 'delete.text'),
        action: t('delete.action'),
        onConfirm: () => {
          run.mutate({
            do: async () => {
              const header = { 'Idempotency-Key': newId(), 'If-Match': `"${String(mailing.revision)}"` };
              await done(api.DELETE('/mailings/{id}', { params: { path: { id: mailing.id }, header } }));
              await navigate({ to: '/mailings' });
              queryClient.removeQueries({ queryKey: mailingQuery(mailing.id).queryKey });
            },
            said: t('delete.done', { name }),
          });
        },
      });
    },
    clone: () => {
      run.mutate({
        do: async () => {
          const body = {
            name: t('clone.name', { name }).slice(0, 200),
            message_id: mailing.message_id,
            list_ids: mailing.list_ids,
            client_ids: mailing.client_ids,
            time_zone: mailing.time_zone,
            periodicity: mailing.periodicity,
            on_unknown: mailing.on_unknown,
            provider_id: mailing.provider_id,
            draft: true,
          };
          const made = await call(
            api.POST('/mailings', { params: { header: { 'Idempotency-Key': newId() } }, body }),
          );
          await navigate({ to: '/mailings/$mailingId/edit', params: { mailingId: made.id } });
        },
        said: t('clone.done'),
      });
    },
    disable: () => {
      askReason({
        title: t('disable.title', { name }),
        text: t('disable.text'),
        action: t('disable.action'),
        send: async (reason) => {
          await set(call(api.POST('/mailings/{id}/disable', { params: params(mailing), body: { reason } })));
          notifyDone(t('disable.done', { name }));
          await refresh();
        },
      });
    },
    enable: () => {
      confirmAction({
        title: t('enable.title', { name }),
        text: t('enable.text'),
        action: t('enable.action'),
        danger: false,
        onConfirm: () => {
          run.mutate({
            do: () => set(call(api.POST('/mailings/{id}/enable', { params: params(mailing) }))),
            said: t('enable.done', { name }),
          });
        },
      });
    },
  };
}
