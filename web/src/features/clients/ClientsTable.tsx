import { useRef, useState, type ReactNode } from 'react';
import { Anchor, Badge, Button, Checkbox, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconAddressBook, IconBan, IconSearchOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { DataTable, type Column } from '@/ui/DataTable';
import { EmptyState } from '@/ui/EmptyState';
import { ZonedTime } from '@/ui/ZonedTime';
import { BulkBar } from './BulkBar';
import { clientsQuery, type Client, type Filters } from './queries';
import { extend, none, stateOf, toggle, toggleAll } from './selection';

interface Props {
  filters: Filters;
  mayWrite: boolean;
  onOpen: (id: string) => void;
  onClearFilters: () => void;
  /** What to do when there are no clients at all. */
  empty: ReactNode;
}

export function ClientsTable({ filters, mayWrite, onOpen, onClearFilters, empty }: Props) {
  const { t } = useTranslation('clients');
  const query = useInfiniteQuery(clientsQuery(filters));
  const [selection, setSelection] = useState(none);
  const touched = useRef<string | undefined>(undefined);
  const loaded = query.data?.pages.flatMap((page) => page.items) ?? [];
  const state = stateOf(selection, loaded);

  const choose = (client: Client, range: boolean) => {
    const from = touched.current;
    setSelection(range && from ? extend(selection, loaded, from, client.id) : toggle(selection, client));
    touched.current = client.id;
  };
  const columns: Column<Client>[] = [
    {
      key: 'email',
      title: t('column.email'),
      width: 'minmax(0, 1.4fr)',
      cell: (client) => (
        <Anchor
          component="button"
          type="button"
          inherit
          maw="100%"
          style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}
          onClick={() => {
            onOpen(client.id);
          }}
        >
          {client.email}
        </Anchor>
      ),
    },
    { key: 'name', title: t('column.name'), cell: (client) => client.full_name, wide: true },
    { key: 'attributes', title: t('column.attributes'), cell: attributesOf, wide: true },
    {
      key: 'state',
      title: t('column.state'),
      width: '116px',
      cell: (client) =>
        client.suppressed ? (
          <Badge
            variant="default"
            tt="none"
            fw={500}
            leftSection={<IconBan size={12} aria-hidden color="var(--mantine-color-red-6)" />}
            title={client.suppressed.reason}
          >
            {t('state.suppressed')}
          </Badge>
        ) : (
          <Text span inherit c="dimmed">
            {t('state.active')}
          </Text>
        ),
    },
    {
      key: 'created',
      title: t('column.created'),
      width: '180px',
      cell: (client) => <ZonedTime at={client.created_at} />,
      wide: true,
    },
  ];
  if (mayWrite)
    columns.unshift({
      key: 'choose',
      width: '20px',
      title: (
        <Checkbox
          size="xs"
          aria-label={t('select.loaded')}
          checked={state === 'all'}
          indeterminate={state === 'some'}
          onChange={() => {
            setSelection(toggleAll(selection, loaded));
          }}
        />
      ),
      cell: (client) => (
        <Checkbox
          size="xs"
          aria-label={t('select.one', { email: client.email })}
          checked={selection.has(client.id)}
          onChange={(event) => {
            choose(client, (event.nativeEvent as MouseEvent).shiftKey);
          }}
        />
      ),
    });
  const filtered = Boolean(filters.q ?? filters.list);
  return (
    <>
      {mayWrite && (
        <BulkBar
          selection={selection}
          filters={filters}
          loaded={loaded.length}
          complete={!query.hasNextPage}
          onSelection={setSelection}
        />
      )}
      <DataTable
        label={t('title')}
        query={query}
        columns={columns}
        rowKey={(client) => client.id}
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
    </>
  );
}

function attributesOf({ attributes }: Client): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' · ');
}
