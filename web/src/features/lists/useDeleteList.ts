import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import type { List } from './queries';

/** Asks, and deletes a list; `then` is for after that. */
export function useDeleteList(then?: () => void): (list: List) => void {
  const { t } = useTranslation('lists');
  const { number } = useFormat();
  const queryClient = useQueryClient();
  const remove = useMutation({
    // Without If-Match: another name would not make the question another.
    mutationFn: (list: List) => done(api.DELETE('/lists/{id}', { params: { path: { id: list.id } } })),
    onSuccess: (_, list) => {
      notifyDone(t('delete.done', { name: list.name }));
      then?.();
    },
    onError: (error) => {
      notifyError(error, { list_in_use: t('delete.used') });
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: ['lists', 'table'] });
      await queryClient.invalidateQueries({ queryKey: ['lists', 'to-choose'] });
    },
  });
  return (list) => {
    confirmAction({
      title: t('delete.title', { name: list.name }),
      text: t('delete.text', { count: list.clients, formatted: number(list.clients) }),
      action: t('delete.action'),
      onConfirm: () => {
        remove.mutate(list);
      },
    });
  };
}
