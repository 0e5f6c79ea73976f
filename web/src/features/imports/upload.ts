import { useSyncExternalStore } from 'react';
import { ApiError, problemOf } from '@/api/problem';

/** The upload that goes on, also when its page is left; one at a time. Bytes are those that have been handed over. */
export interface Upload {
  id: string;
  name: string;
  size: number;
  sent: number;
  state: 'sending' | 'sent' | 'refused' | 'cancelled';
  error?: ApiError;
}

let current: Upload | undefined;
let request: XMLHttpRequest | undefined;
const listeners = new Set<() => void>();

function change(next: Upload | undefined) {
  current = next;
  for (const listener of listeners) listener();
}

function warn(event: BeforeUnloadEvent) {
  event.preventDefault(); // closing the tab would break the upload off
}

interface Order {
  id: string;
  file: Blob;
  name: string;
  charset: string;
  listId: string | null;
}

/** Begins an upload. By XMLHttpRequest, because fetch does not tell how far a body has come. */
export function startUpload({ id, file, name, charset, listId }: Order): void {
  const query = new URLSearchParams({ id, charset });
  if (listId) query.set('list_id', listId);
  const xhr = new XMLHttpRequest();
  request = xhr;
  xhr.open('POST', `/api/v1/clients/import?${query.toString()}`);
  xhr.setRequestHeader('Content-Type', 'text/csv');
  const update = (part: Partial<Upload>) => {
    if (current?.id === id) change({ ...current, ...part });
  };
  const end = (part: Partial<Upload>) => {
    window.removeEventListener('beforeunload', warn);
    update(part);
  };
  xhr.upload.onprogress = ({ loaded }) => {
    update({ sent: loaded });
  };
  xhr.onload = () => {
    if (xhr.status < 300) {
      end({ state: 'sent', sent: file.size });
      return;
    }
    const answer = new Response(xhr.responseText, { status: xhr.status });
    void problemOf(answer).then((error) => {
      end({ state: 'refused', error });
    });
  };
  xhr.onerror = () => {
    end({ state: 'refused', error: ApiError.network(undefined) });
  };
  xhr.onabort = () => {
    end({ state: 'cancelled' });
  };
  window.addEventListener('beforeunload', warn);
  change({ id, name, size: file.size, sent: 0, state: 'sending' });
  xhr.send(file);
}

export function cancelUpload(): void {
  request?.abort();
}

/** The upload of this import, if it was begun on this page. */
export function useUpload(id?: string): Upload | undefined {
  const upload = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return id === undefined || upload?.id === id ? upload : undefined;
}
