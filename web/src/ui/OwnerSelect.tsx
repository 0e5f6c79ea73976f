import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { usersToChoose } from '@/api/sending';

interface Props {
  /** `me`, `all` or a user's id; undefined for what the role sees by itself. */
  value: string | undefined;
  onChange: (owner: string | undefined) => void;
}

/** Whose things are shown; for managers and administrators. */
export function OwnerSelect({ value, onChange }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const { data } = useQuery(usersToChoose);
  const usual = me.role === 'manager' ? 'all' : 'me';
  const own = me.role === 'manager' ? [] : [{ value: 'me', label: t('owner.me') }];
  const users = (data?.items ?? []).filter(({ id }) => id !== me.id);
  const known = new Set(users.map(({ id }) => id));
  const other =
    value && value !== 'me' && value !== 'all' && !known.has(value) ? [{ value, label: t('owner.one') }] : [];
  return (
    <Select
      aria-label={t('owner.label')}
      searchable
      allowDeselect={false}
      w={{ base: '100%', xs: 280 }}
      nothingFoundMessage={t('table.empty')}
      data={[
        ...own,
        { value: 'all', label: t('owner.all') },
        ...other,
        ...users.map(({ id, email }) => ({ value: id, label: email })),
      ]}
      value={value ?? usual}
      onChange={(owner) => {
        onChange(owner === usual || owner === null ? undefined : owner);
      }}
    />
  );
}
