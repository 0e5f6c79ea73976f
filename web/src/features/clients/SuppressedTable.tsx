import { useState } from 'react';
import { Button, Group, Text, VisuallyHidden } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { IconBan } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, done, type Schema } from '@/api/client';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { ZonedTime } from '@/ui/ZonedTime';
import { confirmAction } from '@/ui/confirm';
import { notifyDone, notifyError } from '@/ui/notify';
import { suppressedQuery, useClientsCache } from './queries';
import { SuppressDialog } from './SuppressDialog';

type Suppressed = Schema<'Suppressed'>;

/** Addresses to which nothing is sent, also those that are no client's. */
export function SuppressedTable({ q, mayWrite }: { q: string | undefined; mayWrite: boolean }) {
  const { t } = useTranslation('clients');
  const query = useInfiniteQuery(suppressedQuery(q));
  const cache = useClientsCache();
  const [adding, setAdding] = useState(false);
  const lift = useMutation({
    mutationFn: (email: string) => done(api.DELETE('/suppressions/{email}', { params: { path: { email } } })),
    onSuccess: (_, email) => {
      notifyDone(t('lift.done', { email }));
    },
    onError: (error) => {
      notifyError(error);
    },
    onSettled: () => cache.reset(),
  });
  const ask = ({ email, reason }: Suppressed) => {
    confirmAction({
      title: t('lift.title', { email }),
      text: t('lift.text', { reason }),
      action: t('lift.action'),
      danger: false,
      onConfirm: () => {
        lift.mutate(email);
      },
    });
  };
  const columns: Column<Suppressed>[] = [
    { key: 'email', title: t('column.email'), cell: ({ email }) => <span title={email}>{email}</span> },
    {
      key: 'reason',
      title: t('column.reason'),
      width: 'minmax(0, 1.4fr)',
      cell: ({ reason }) => <span title={reason}>{reason}</span>,
    },
    {
      key: 'mailing',
      title: t('column.mailing'),
      cell: ({ attempt_id, mailing_name }) =>
        attempt_id ? (
          mailing_name
        ) : (
          <Text span inherit c="dimmed">
            {t('noMailing')}
          </Text>
        ),
      wide: true,
    },
    {
      key: 'since',
      title: t('column.since'),
      width: '180px',
      cell: ({ created_at }) => <ZonedTime at={created_at} />,
      wide: true,
    },
  ];
  if (mayWrite)
    columns.push({
      key: 'lift',
      title: <VisuallyHidden>{t('table.actions', { ns: 'common' })}</VisuallyHidden>,
      width: '64px',
      align: 'end',
      cell: (row) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${t('lift.action')}: ${row.email}`}
          onClick={() => {
            ask(row);
          }}
        >
          {t('lift.short')}
        </Button>
      ),
    });
  const suppress = mayWrite && (
    <Button
      size="sm"
      variant="default"
      leftSection={<IconBan size={16} aria-hidden />}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t('suppress.open')}
    </Button>
  );
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={640}>
          {t('suppressedText')}
        </Text>
        {suppress}
      </Group>
      <DataTable
        label={t('view.suppressed')}
        query={query}
        columns={columns}
        rowKey={(row) => row.email}
        empty={
          <EmptyState
            icon={IconBan}
            title={t(q ? 'none.suppressed' : 'empty.suppressed')}
            text={t(q ? 'none.text' : 'empty.suppressedText')}
          />
        }
      />
      <SuppressDialog
        opened={adding}
        onClose={() => {
          setAdding(false);
        }}
      />
    </>
  );
}
