import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call, done } from '@/api/client';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import { messageQuery, messagesQuery } from './queries';

interface Named {
  id: string;
  subject: string;
}

/** Clones a message and opens the clone; asks, and deletes one. */
export function useMessageActions(onDeleted?: () => void) {
  const { t } = useTranslation('messages');
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => queryClient.invalidateQueries({ queryKey: messagesQuery.queryKey });
  const clone = useMutation({
    mutationFn: async (id: string) => {
      const { subject, html, text } = await queryClient.fetchQuery({ ...messageQuery(id), staleTime: 0 });
      return call(api.POST('/messages', { body: { subject, html, text } }));
    },
    onSuccess: async (message) => {
      queryClient.setQueryData(messageQuery(message.id).queryKey, message);
      await refresh();
      notifyDone(t('clone.done'));
      await navigate({ to: '/messages/$id', params: { id: message.id } });
    },
    onError: (error) => {
      notifyError(error);
    },
  });
  const remove = useMutation({
    mutationFn: ({ id }: Named) => done(api.DELETE('/messages/{id}', { params: { path: { id } } })),
    onSuccess: async (_, { subject }) => {
      notifyDone(t('delete.done', { subject }));
      onDeleted?.();
      await refresh();
    },
    onError: (error) => {
      notifyError(error, { message_in_use: t('delete.used') });
    },
  });
  return {
    clone: (id: string) => {
      clone.mutate(id);
    },
    askDelete: (message: Named) => {
      confirmAction({
        title: t('delete.title', { subject: message.subject }),
        text: t('delete.text'),
        action: t('delete.action'),
        onConfirm: () => {
          remove.mutate(message);
        },
      });
    },
  };
}
