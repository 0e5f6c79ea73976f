import { useState } from 'react';
import { Drawer, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ErrorState } from '@/ui/ErrorState';
import { confirmAction } from '@/ui/confirm';
import { ClientCard } from './ClientCard';
import { ClientForm } from './ClientForm';
import { clientQuery, type Client } from './queries';

interface Props {
  /** Which client, `new` for one to be made; closed without. */
  id: string | undefined;
  /** The list the table is filtered by. */
  list: string | undefined;
  mayWrite: boolean;
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** The card of a client beside the table. */
export function ClientDrawer({ id, list, mayWrite, onClose, onOpen }: Props) {
  const { t } = useTranslation('clients');
  const [dirty, setDirty] = useState(false);
  const isNew = id === 'new' && mayWrite;
  const leave = () => {
    setDirty(false);
    onClose();
  };
  const close = () => {
    if (!dirty) leave();
    else
      confirmAction({
        title: t('leave.title'),
        text: t('leave.text'),
        action: t('leave.action'),
        onConfirm: leave,
      });
  };
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      position="right"
      size="min(100%, 520px)"
      title={isNew ? t('new') : t('card.title')}
      closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
    >
      {isNew && (
        <ClientForm
          onDirty={setDirty}
          onSaved={(client: Client) => {
            setDirty(false);
            onOpen(client.id);
          }}
        />
      )}
      {id !== undefined && !isNew && (
        <LoadedCard key={id} id={id} list={list} mayWrite={mayWrite} onDirty={setDirty} onGone={leave} />
      )}
    </Drawer>
  );
}

interface LoadedProps {
  id: string;
  list: string | undefined;
  mayWrite: boolean;
  onDirty: (dirty: boolean) => void;
  onGone: () => void;
}

function LoadedCard({ id, ...props }: LoadedProps) {
  const { t } = useTranslation('clients');
  const { data, error, refetch } = useQuery(clientQuery(id));
  if (data) return <ClientCard client={data} {...props} />;
  if (error)
    return (
      <ErrorState error={error} onRetry={() => void refetch()} words={{ client_not_found: t('card.gone') }} />
    );
  return (
    <Stack aria-busy="true">
      {[36, 36, 80, 120].map((height, i) => (
        <Skeleton key={i} h={height} />
      ))}
    </Stack>
  );
}
