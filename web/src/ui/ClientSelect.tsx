import { useState } from 'react';
import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { errorText } from './errorText';

type Client = Schema<'Client'>;
type Props = Omit<SelectProps, 'data' | 'value' | 'onChange' | 'error'> & {
  client: Client | null;
  onClient: (client: Client | null) => void;
};

const nameOf = ({ email, full_name }: Client) => (full_name ? `${email} · ${full_name}` : email);

/** One of the clients, found by the beginning of the address or name. */
export function ClientSelect({ client, onClient, ...props }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(client ? nameOf(client) : '');
  // What is chosen stands in the field; it is no search.
  const [q] = useDebouncedValue(client && text === nameOf(client) ? '' : text.trim(), 250);
  const { data, error, isPending } = useQuery({
    queryKey: ['clients', 'to-choose', q],
    queryFn: ({ signal }) =>
      call(api.GET('/clients', { params: { query: { limit: 20, ...(q ? { q } : {}) } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const found = data?.items ?? [];
  const items = client && !found.some(({ id }) => id === client.id) ? [client, ...found] : found;
  return (
    <Select
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      data={items.map((item) => ({ value: item.id, label: nameOf(item) }))}
      filter={({ options }) => options} // the server has done that
      searchValue={text}
      onSearchChange={setText}
      nothingFoundMessage={t(isPending ? 'loading' : 'table.empty')}
      value={client?.id ?? null}
      onChange={(id) => {
        onClient(items.find((item) => item.id === id) ?? null);
      }}
      error={error ? errorText(error).text : undefined}
      {...props}
    />
  );
}
