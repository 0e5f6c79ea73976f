import { useState } from 'react';
import { MultiSelect, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';
import { errorText } from '@/ui/errorText';
import { AnchorLink } from '@/ui/links';
import { clientChoices, listChoices } from './choices';
import { reachOf, type Values } from './form';
import { Step } from './Step';

export function WhoStep({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation('mailings');
  const { number } = useFormat();
  const lists = useQuery(listChoices);
  const items = lists.data?.items ?? [];
  const reach = lists.data && reachOf(form.values, items);
  const missing = form.values.list_ids.filter((id) => !items.some((list) => list.id === id));
  return (
    <Step number={1} title={t('who.title')} text={t('reach.atStart')}>
      <MultiSelect
        label={t('who.lists')}
        placeholder={form.values.list_ids.length === 0 ? t('who.listsHint') : ''}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': t('who.clear') }}
        maxValues={100}
        nothingFoundMessage={t('who.noLists')}
        data={[
          ...items.map(({ id, name, clients }) => ({ value: id, label: `${name} (${number(clients)})` })),
          ...missing.map((id) => ({ value: id, label: t('who.unknownList') })),
        ]}
        {...form.getInputProps('list_ids')}
        error={form.errors.list_ids ?? (lists.error ? errorText(lists.error).text : undefined)}
      />
      {lists.data && items.length === 0 && (
        <Text size="sm">
          {t('who.none')} <AnchorLink to="/lists">{t('who.makeList')}</AnchorLink>
        </Text>
      )}
      <ClientsField form={form} />
      <Text size="sm" role="status" fw={550}>
        {reach
          ? reach.most === 0
            ? t('reach.nobody')
            : t(reach.exact ? 'reach.about' : 'reach.most', {
                count: reach.most,
                formatted: number(reach.most),
              })
          : t('reach.unknown')}
      </Text>
    </Step>
  );
}

function ClientsField({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation('mailings');
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed, 250);
  const { data } = useQuery(clientChoices(asked));
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const found = new Map((data?.items ?? []).map(({ id, email }) => [id, email]));
  const chosen = form.values.client_ids.filter((id) => !found.has(id));
  return (
    <MultiSelect
      label={t('who.clients')}
      description={t('who.clientsHint')}
      searchable
      maxValues={1000}
      nothingFoundMessage={t('who.noClients')}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      data={[
        ...[...found].map(([value, label]) => ({ value, label })),
        ...chosen.map((value) => ({ value, label: names.get(value) ?? t('who.chosenClient') })),
      ]}
      {...form.getInputProps('client_ids')}
      onChange={(ids) => {
        setNames(new Map([...names, ...found]));
        form.setFieldValue('client_ids', ids);
      }}
    />
  );
}
