import { useState } from 'react';
import { Button, Group, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { listsToChoose } from '@/api/lists';
import { useFormat } from '@/lib/useFormat';
import { askReason } from '@/ui/askReason';
import { confirmAction } from '@/ui/confirm';
import { BulkDialog, type BulkAction } from './BulkDialog';
import { GatherButton } from './GatherButton';
import { ListDialog } from './ListDialog';
import type { Filters } from './queries';
import { none, type Chosen, type Selection } from './selection';

interface Props {
  selection: Selection;
  filters: Filters;
  /** How many clients the table has fetched, and whether there are no more. */
  loaded: number;
  complete: boolean;
  onSelection: (selection: Selection) => void;
}

/** What can be done with the chosen clients. It takes its place only while there are some. */
export function BulkBar({ selection, filters, loaded, complete, onSelection }: Props) {
  const { t } = useTranslation('clients');
  const { number } = useFormat();
  const lists = useQuery(listsToChoose).data?.items ?? [];
  const [run, setRun] = useState<{ action: BulkAction; clients: Chosen[] }>();
  const [asking, setAsking] = useState<'add' | 'remove'>();
  const count = { count: selection.size, formatted: number(selection.size) };
  const begin = (action: BulkAction) => {
    setRun({ action, clients: [...selection.values()] });
  };
  const askDelete = () => {
    const [first, second] = selection.values();
    confirmAction({
      title: t('bulk.deleteTitle', count),
      text: t('bulk.deleteText', {
        examples: [first?.email, second?.email].filter((email) => email !== undefined).join(', '),
      }),
      action: t('bulk.deleteAction', count),
      onConfirm: () => {
        begin({ kind: 'delete' });
      },
    });
  };
  const askSuppress = () => {
    askReason({
      title: t('bulk.suppressTitle', count),
      text: t('suppress.text'),
      hint: t('suppress.reasonHint'),
      action: t('bulk.suppressAction', count),
      send: (reason) => {
        begin({ kind: 'suppress', reason });
        return Promise.resolve();
      },
    });
  };
  const askLift = () => {
    confirmAction({
      title: t('bulk.liftTitle', count),
      text: t('bulk.liftText'),
      action: t('bulk.liftAction', count),
      danger: false,
      onConfirm: () => {
        begin({ kind: 'lift' });
      },
    });
  };
  return (
    <>
      {selection.size > 0 && (
        <Paper withBorder px="sm" py={6} role="region" aria-label={t('bulk.label')}>
          <Group gap="xs">
            <Text size="sm" fw={550} role="status" className="tabular">
              {t('bulk.chosen', count)}
            </Text>
            <GatherButton
              filters={filters}
              hidden={complete && selection.size >= loaded}
              onSelection={onSelection}
            />
            <Group gap="xs" ml="auto">
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  setAsking('add');
                }}
              >
                {t('bulk.add')}
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  setAsking('remove');
                }}
              >
                {t('bulk.remove')}
              </Button>
              <Button size="xs" variant="default" onClick={askSuppress}>
                {t('bulk.suppress')}
              </Button>
              <Button size="xs" variant="default" onClick={askLift}>
                {t('bulk.lift')}
              </Button>
              <Button size="xs" variant="default" c="var(--mantine-color-error)" onClick={askDelete}>
                {t('bulk.delete')}
              </Button>
              <Button
                size="xs"
                variant="subtle"
                onClick={() => {
                  onSelection(none);
                }}
              >
                {t('bulk.clear')}
              </Button>
            </Group>
          </Group>
        </Paper>
      )}
      {asking && (
        <ListDialog
          kind={asking}
          count={selection.size}
          initial={asking === 'remove' ? (filters.list ?? null) : null}
          onClose={() => {
            setAsking(undefined);
          }}
          onList={(list) => {
            setAsking(undefined);
            begin({ kind: asking, list, name: lists.find(({ id }) => id === list)?.name ?? '' });
          }}
        />
      )}
      {run && (
        <BulkDialog
          {...run}
          onClose={(left) => {
            setRun(undefined);
            onSelection(left);
          }}
        />
      )}
    </>
  );
}
