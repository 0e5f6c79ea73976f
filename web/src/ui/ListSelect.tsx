import { Select, type SelectProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { listsToChoose } from '@/api/lists';
import { useFormat } from '@/lib/useFormat';
import { errorText } from './errorText';

type Props = Omit<SelectProps, 'data' | 'error' | 'onChange'> & {
  onChange: (id: string | null) => void;
};

/** One of the lists, with how many clients are in it. */
export function ListSelect({ onChange, ...props }: Props) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { data, error, isPending } = useQuery(listsToChoose);
  const items = data?.items ?? [];
  const counts = new Map(items.map((list) => [list.id, list.clients]));
  return (
    <Select
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      nothingFoundMessage={t(isPending ? 'loading' : 'table.empty')}
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      renderOption={({ option }) => (
        <>
          <span style={{ flex: 1, overflowWrap: 'anywhere' }}>{option.label}</span>
          <span className="tabular" style={{ color: 'var(--mantine-color-dimmed)' }}>
            {number(counts.get(option.value) ?? 0)}
          </span>
        </>
      )}
      error={error ? errorText(error).text : undefined}
      onChange={onChange}
      {...props}
    />
  );
}
