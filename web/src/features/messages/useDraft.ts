import { flushSync } from 'react-dom';
import { useEffect, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { ApiError } from '@/api/problem';
import { notifyDone } from '@/ui/notify';
import { focusFirst } from '@/ui/formErrors';
import { faultsOf, type Fault } from './faults';
import { messageQuery, messagesQuery, type Message } from './queries';

export interface Draft {
  subject: string;
  html: string;
  /** Empty: made from the HTML. */
  text: string;
}

const draftOf = (message: Message | undefined): Draft => ({
  subject: message?.subject ?? '',
  html: message?.html ?? '',
  text: message?.text ?? '',
});
const same = (a: Draft, b: Draft) => a.subject === b.subject && a.html === b.html && a.text === b.text;

/** What is being written, what of it is stored, and how the one becomes the other. */
export function useDraft(message: Message | undefined) {
  const { t } = useTranslation('messages');
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(message));
  const [stored, setStored] = useState(message);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const [faults, setFaults] = useState<Fault[]>([]);
  const dirty = !same(draft, draftOf(stored));
  const dirtyNow = useRef(false);
  useEffect(() => {
    dirtyNow.current = dirty;
  }, [dirty]);

  const blocker = useBlocker({
    shouldBlockFn: () => dirtyNow.current,
    enableBeforeUnload: () => dirtyNow.current,
    withResolver: true,
  });

  const check = (): Fault[] => {
    const out: Fault[] = [];
    if (draft.subject.trim() === '') out.push({ field: 'subject', message: t('fault.noSubject') });
    if (draft.html.trim() === '' && draft.text.trim() === '')
      out.push({ field: 'html', message: t('fault.noBody') });
    return out;
  };

  const mark = (found: Fault[]) => {
    flushSync(() => {
      setFaults(found);
    });
    if (found.length > 0) focusFirst();
  };

  /** `over` saves over what somebody else changed meanwhile. */
  const save = async (over = false) => {
    if (pending) return;
    const wrong = check();
    mark(wrong);
    setError(undefined);
    if (wrong.length > 0) return;
    setPending(true);
    try {
      const header = stored && !over ? { 'If-Match': `"${String(stored.revision)}"` } : {};
      const saved = stored
        ? await call(
            api.PATCH('/messages/{id}', { params: { path: { id: stored.id }, header }, body: draft }),
          )
        : await call(api.POST('/messages', { body: draft }));
      queryClient.setQueryData(messageQuery(saved.id).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: messagesQuery.queryKey });
      setStored(saved);
      notifyDone(t('saved'));
      if (!stored) {
        dirtyNow.current = false;
        await navigate({ to: '/messages/$id', params: { id: saved.id }, replace: true });
      }
    } catch (failure) {
      const found = failure instanceof ApiError ? faultsOf(failure.fields) : [];
      mark(found);
      setError(found.length > 0 ? undefined : failure);
    } finally {
      setPending(false);
    }
  };

  /** Takes what is stored now in place of what was written here. */
  const takeNewest = async () => {
    if (!stored) return;
    try {
      const newest = await queryClient.fetchQuery({ ...messageQuery(stored.id), staleTime: 0 });
      setStored(newest);
      setDraft(draftOf(newest));
      setFaults([]);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  };

  return {
    draft,
    change: (part: Partial<Draft>) => {
      setDraft((old) => ({ ...old, ...part }));
      if (stored) setFaults([]); // the preview says what is wrong with what is there now
    },
    stored,
    dirty,
    pending,
    error,
    faults,
    save,
    takeNewest,
    blocker,
    leaveFreely: () => {
      dirtyNow.current = false;
    },
  };
}
