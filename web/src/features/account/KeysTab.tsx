import { useState } from 'react';
import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, done, type Schema } from '@/api/client';
import { EmptyState } from '@/ui/EmptyState';
import { ErrorState } from '@/ui/ErrorState';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import { KeyForm } from './KeyForm';
import { KeyRow } from './KeyRow';
import { NewKey } from './NewKey';
import { keysQuery } from './queries';
import { Section } from './Section';

export function KeysTab() {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const [writing, setWriting] = useState(false);
  const { data, error, isPending, refetch } = useQuery(keysQuery);
  const changed = () => queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
  const revoke = useMutation({
    mutationFn: (key: Schema<'APIKey'>) =>
      done(api.DELETE('/me/api-keys/{id}', { params: { path: { id: key.id } } })),
    onSuccess: () => {
      notifyDone(t('keys.revoked'));
    },
    onError: (failure) => {
      notifyError(failure);
    },
    onSettled: changed,
  });
  const made = (key: Schema<'NewAPIKey'>) => {
    setWriting(false);
    void changed();
    // It cannot be shown again, so nothing but the button closes it.
    const id = modals.open({
      title: t('keys.shownTitle', { name: key.api_key.name }),
      closeOnClickOutside: false,
      closeOnEscape: false,
      withCloseButton: false,
      children: (
        <NewKey
          value={key.key}
          onKept={() => {
            modals.close(id);
          }}
        />
      ),
    });
  };
  const ask = (key: Schema<'APIKey'>) => {
    confirmAction({
      title: t('keys.revokeTitle', { name: key.name }),
      text: t('keys.revokeText'),
      action: t('keys.revoke'),
      onConfirm: () => {
        revoke.mutate(key);
      },
    });
  };
  const create = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => {
        setWriting(true);
      }}
    >
      {t('keys.new')}
    </Button>
  );
  const empty = data?.items.length === 0;
  return (
    <Section title={t('keys.title')} text={t('keys.text')}>
      <Stack>
        <Text size="sm">
          <Anchor href="/api/docs" inherit underline="always">
            {t('keys.docs')}
          </Anchor>
        </Text>
        {isPending && <Skeleton h={80} />}
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {writing && (
          <KeyForm
            onMade={made}
            onCancel={() => {
              setWriting(false);
            }}
          />
        )}
        {!writing && empty && (
          <EmptyState icon={IconKey} title={t('keys.empty')} text={t('keys.emptyText')}>
            {create}
          </EmptyState>
        )}
        {!writing && data && !empty && <Group>{create}</Group>}
        {data?.items.map((key) => (
          <KeyRow
            key={key.id}
            value={key}
            onRevoke={() => {
              ask(key);
            }}
          />
        ))}
      </Stack>
    </Section>
  );
}
