import { useState } from 'react';
import { Alert, Button, Divider, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { IconBan } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { ZonedTime } from '@/ui/ZonedTime';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import { BulkDialog, type BulkAction } from './BulkDialog';
import { ClientFacts } from './ClientFacts';
import { ClientForm } from './ClientForm';
import { ClientHistory } from './ClientHistory';
import { ListDialog } from './ListDialog';
import { useClientsCache, type Client } from './queries';
import { SuppressDialog } from './SuppressDialog';

interface Props {
  client: Client;
  list: string | undefined;
  mayWrite: boolean;
  onDirty: (dirty: boolean) => void;
  onGone: () => void;
}

export function ClientCard({ client, list, mayWrite, onDirty, onGone }: Props) {
  const { t } = useTranslation('clients');
  const cache = useClientsCache();
  const [asking, setAsking] = useState<'add' | 'remove' | 'suppress'>();
  const [run, setRun] = useState<BulkAction>();
  const failed = (error: unknown) => {
    notifyError(error);
  };
  const path = { id: client.id };
  const remove = useMutation({
    mutationFn: () =>
      done(
        api.DELETE('/clients/{id}', {
          params: { path, header: { 'If-Match': `"${String(client.revision)}"` } },
        }),
      ),
    onSuccess: async () => {
      notifyDone(t('delete.done', { email: client.email }));
      onGone();
      await cache.reset();
    },
    onError: failed,
  });
  const lift = useMutation({
    mutationFn: () => done(api.DELETE('/clients/{id}/suppression', { params: { path } })),
    onSuccess: async () => {
      notifyDone(t('lift.done', { email: client.email }));
      await cache.reset();
    },
    onError: failed,
  });
  const close = () => {
    setAsking(undefined);
  };
  return (
    <Stack>
      {client.suppressed && (
        <Alert color="red" variant="light" icon={<IconBan aria-hidden />} title={t('suppressed.title')}>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {client.suppressed.reason}
          </Text>
          <Text size="sm" c="dimmed">
            <ZonedTime at={client.suppressed.at} show="both" />
          </Text>
          {mayWrite && (
            <Button
              mt="xs"
              size="xs"
              variant="default"
              loading={lift.isPending}
              onClick={() => {
                confirmAction({
                  title: t('lift.title', { email: client.email }),
                  text: t('lift.text', { reason: client.suppressed?.reason ?? '' }),
                  action: t('lift.action'),
                  danger: false,
                  onConfirm: () => {
                    lift.mutate();
                  },
                });
              }}
            >
              {t('lift.action')}
            </Button>
          )}
        </Alert>
      )}
      {mayWrite ? (
        <ClientForm client={client} onDirty={onDirty} onSaved={() => undefined} />
      ) : (
        <ClientFacts client={client} />
      )}
      <Text size="xs" c="dimmed">
        {t('card.created')} <ZonedTime at={client.created_at} /> · {t('card.updated')}{' '}
        <ZonedTime at={client.updated_at} />
      </Text>
      <Divider />
      <ClientHistory id={client.id} />
      {mayWrite && (
        <>
          <Divider />
          <Group gap="xs">
            {(['add', 'remove', 'suppress'] as const)
              .filter((what) => what !== 'suppress' || !client.suppressed)
              .map((what) => (
                <Button
                  key={what}
                  size="xs"
                  variant="default"
                  onClick={() => {
                    setAsking(what);
                  }}
                >
                  {t(`card.${what}`)}
                </Button>
              ))}
            <Button
              size="xs"
              variant="default"
              c="var(--mantine-color-error)"
              loading={remove.isPending}
              onClick={() => {
                confirmAction({
                  title: t('delete.title', { email: client.email }),
                  text: t('delete.text'),
                  action: t('delete.action'),
                  onConfirm: () => {
                    remove.mutate();
                  },
                });
              }}
            >
              {t('delete.action')}
            </Button>
          </Group>
          <SuppressDialog opened={asking === 'suppress'} onClose={close} address={client.email} />
          {(asking === 'add' || asking === 'remove') && (
            <ListDialog
              kind={asking}
              count={1}
              initial={asking === 'remove' ? (list ?? null) : null}
              onClose={close}
              onList={(id) => {
                close();
                setRun({ kind: asking, list: id, name: '' });
              }}
            />
          )}
          {run && (
            <BulkDialog
              action={run}
              clients={[client]}
              onClose={() => {
                setRun(undefined);
              }}
            />
          )}
        </>
      )}
    </Stack>
  );
}
