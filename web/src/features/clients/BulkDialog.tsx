import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Button, Group, List, Modal, Progress as Bar, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { ApiError } from '@/api/problem';
import { useFormat } from '@/lib/useFormat';
import { errorText } from '@/ui/errorText';
import { runBulk, type Progress } from './bulk';
import { useClientsCache } from './queries';
import { selectionOf, type Chosen, type Selection } from './selection';

export type BulkAction =
  | { kind: 'delete' }
  | { kind: 'lift' }
  | { kind: 'suppress'; reason: string }
  | { kind: 'add' | 'remove'; list: string; name: string };

interface Props {
  action: BulkAction;
  clients: readonly Chosen[];
  /** `left` are those with which it did not work. */
  onClose: (left: Selection) => void;
}

/** Passes over an answer that says that it is so already. */
const already = (status: number) => (error: unknown) => {
  if (!(error instanceof ApiError && error.status === status)) throw error;
};

function send(action: BulkAction, { id, email }: Chosen): Promise<unknown> {
  if (action.kind === 'delete')
    return api.DELETE('/clients/{id}', { params: { path: { id } } }).catch(already(404));
  if (action.kind === 'lift') return api.DELETE('/clients/{id}/suppression', { params: { path: { id } } });
  if (action.kind === 'suppress')
    return api.POST('/suppressions', { body: { email, reason: action.reason } }).catch(already(409));
  const params = { path: { id: action.list, client_id: id } };
  return action.kind === 'add'
    ? api.PUT('/lists/{id}/clients/{client_id}', { params })
    : api.DELETE('/lists/{id}/clients/{client_id}', { params });
}

/** Does it, shows how far it is, and says with whom it did not work and why. */
export function BulkDialog({ action, clients, onClose }: Props) {
  const { t } = useTranslation('clients');
  const { number } = useFormat();
  const cache = useClientsCache();
  const abort = useRef(new AbortController());
  const [progress, setProgress] = useState<Progress<Chosen>>({
    total: clients.length,
    done: 0,
    failures: [],
  });
  const [over, setOver] = useState(false);

  const run = useEffectEvent(async (signal: AbortSignal) => {
    await runBulk(clients, (client) => send(action, client), { signal, onProgress: setProgress });
    setOver(true);
  });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return; // once, also where effects run twice
    begun.current = true;
    void run(abort.current.signal);
  }, []);

  const { total, done, failures } = progress;
  const tried = done + failures.length;
  const counted = { done: number(done), total: number(total), count: total };
  const close = () => {
    if (!over) return;
    void cache.reset();
    onClose(selectionOf(failures.map(({ item }) => item)));
  };
  const words = {
    delete: over ? t('bulk.deleted', { count: done, formatted: number(done) }) : t('bulk.deleting', counted),
    suppress: over
      ? t('bulk.suppressed', { count: done, formatted: number(done) })
      : t('bulk.suppressing', counted),
    lift: over ? t('bulk.lifted', { count: done, formatted: number(done) }) : t('bulk.lifting', counted),
    add: over ? t('bulk.added', { count: done, formatted: number(done) }) : t('bulk.adding', counted),
    remove: over ? t('bulk.removed', { count: done, formatted: number(done) }) : t('bulk.removing', counted),
  };
  return (
    <Modal
      opened
      onClose={close}
      title={words[action.kind]}
      withCloseButton={over}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
      closeOnClickOutside={over}
    >
      <Stack>
        {'list' in action && <Text size="sm">{t('bulk.inList', { name: action.name })}</Text>}
        <Bar value={(100 * tried) / total} aria-label={words[action.kind]} animated={!over} />
        <Text size="sm" role="status" className="tabular">
          {t('bulk.count', counted)}
          {failures.length > 0 &&
            ` · ${t('bulk.failed', { count: failures.length, formatted: number(failures.length) })}`}
          {over && tried < total && ` · ${t('bulk.stopped')}`}
        </Text>
        {failures.length > 0 && (
          <List size="sm" spacing={4}>
            {failures.slice(0, 10).map(({ item, error }) => (
              <List.Item key={item.id} style={{ overflowWrap: 'anywhere' }}>
                {item.email}: {errorText(error).text}
              </List.Item>
            ))}
          </List>
        )}
        {failures.length > 10 && (
          <Text size="sm">
            {t('bulk.moreFailed', { count: failures.length - 10, formatted: number(failures.length - 10) })}
          </Text>
        )}
        <Group justify="flex-end">
          {over ? (
            <Button onClick={close} data-autofocus>
              {t('action.close', { ns: 'common' })}
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => {
                abort.current.abort();
              }}
            >
              {t('bulk.stop')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
