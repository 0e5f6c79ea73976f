import { useEffect, useRef, useState } from 'react';
import { Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { notifyDone, notifyError } from '@/ui/notify';
import { gather } from './bulk';
import { clientsPage, type Filters } from './queries';
import { selectionOf, type Selection } from './selection';

/** More than this would take hours, one call each; a list and a mailing's settings do such things at once. */
const MOST = 20_000;

interface Props {
  filters: Filters;
  hidden: boolean;
  onSelection: (selection: Selection) => void;
}

/** Chooses everything that matches, also what the table has not fetched. */
export function GatherButton({ filters, hidden, onSelection }: Props) {
  const { t } = useTranslation('clients');
  const { number } = useFormat();
  const [found, setFound] = useState<number>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const begin = async () => {
    const controller = new AbortController();
    abort.current = controller;
    setFound(0);
    try {
      const page = (cursor: string | undefined) => clientsPage(filters, 500, cursor, controller.signal);
      const { items, more } = await gather(page, MOST, controller.signal, setFound);
      if (controller.signal.aborted) return;
      onSelection(selectionOf(items));
      if (more) notifyDone(t('bulk.most', { most: number(MOST) }));
    } catch (error) {
      if (!controller.signal.aborted) notifyError(error);
    } finally {
      setFound(undefined);
    }
  };
  if (found !== undefined)
    return (
      <>
        <Text size="sm" c="dimmed" className="tabular">
          {t('bulk.gathering', { count: found, formatted: number(found) })}
        </Text>
        <Button size="compact-sm" variant="subtle" onClick={() => abort.current?.abort()}>
          {t('action.cancel', { ns: 'common' })}
        </Button>
      </>
    );
  if (hidden) return null;
  return (
    <Button size="compact-sm" variant="subtle" onClick={() => void begin()}>
      {t('bulk.all')}
    </Button>
  );
}
