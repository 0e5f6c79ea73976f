import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { IconAddressBook, IconSearchOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { DataTable } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { BulkBar } from './BulkBar';
import { ChoiceContext } from './choice';
import { clientColumns } from './columns';
import { useClients, type Client, type Filters } from './queries';
import { extend, none, stateOf, toggle, toggleAll } from './selection';

interface Props {
  filters: Filters;
  mayWrite: boolean;
  /** The same function always. */
  onOpen: (id: string) => void;
  onClearFilters: () => void;
  /** What to do when there are no clients at all. */
  empty: ReactNode;
}

export function ClientsTable({ filters, mayWrite, onOpen, onClearFilters, empty }: Props) {
  const { t } = useTranslation('clients');
  const query = useClients(filters);
  const [selection, setSelection] = useState(none);
  const touched = useRef<string | undefined>(undefined);
  const pages = query.data?.pages;
  const loaded = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const newest = useRef(loaded);
  useEffect(() => {
    newest.current = loaded;
  }, [loaded]);

  const choose = useCallback((client: Client, range: boolean) => {
    const from = touched.current;
    const rows = newest.current;
    setSelection((old) =>
      range && from && rows.some(({ id }) => id === from)
        ? extend(old, rows, from, client.id)
        : toggle(old, client),
    );
    touched.current = client.id;
  }, []);
  const choice = useMemo(
    () => ({
      selection,
      state: stateOf(selection, loaded),
      choose,
      toggleAll: () => {
        setSelection((old) => toggleAll(old, loaded));
      },
    }),
    [selection, loaded, choose],
  );
  const { time } = useFormat();
  const columns = useMemo(() => {
    const year = new Date().getFullYear();
    const added = (at: string) => time(at, { year: new Date(at).getFullYear() !== year });
    return clientColumns(t, added, mayWrite, onOpen);
  }, [t, time, mayWrite, onOpen]);
  const filtered = Boolean(filters.q ?? filters.list) || filters.suppressed !== undefined;
  return (
    <>
      {mayWrite && (
        <BulkBar
          selection={selection}
          filters={filters}
          loaded={loaded.length}
          complete={!query.hasNextPage && query.before === 0}
          onSelection={setSelection}
        />
      )}
      <ChoiceContext value={choice}>
        <DataTable
          label={t('title')}
          query={query}
          columns={columns}
          rowKey={idOf}
          empty={
            filtered ? (
              <EmptyState icon={IconSearchOff} title={t('none.title')} text={t('none.text')}>
                <Button variant="default" onClick={onClearFilters}>
                  {t('none.action')}
                </Button>
              </EmptyState>
            ) : (
              <EmptyState icon={IconAddressBook} title={t('empty.title')} text={t('empty.text')}>
                {empty}
              </EmptyState>
            )
          }
        />
      </ChoiceContext>
    </>
  );
}

const idOf = ({ id }: Client) => id;
