import { useState } from 'react';
import { Button, Group, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { errorText } from '@/ui/errorText';
import { ListSelect } from '@/ui/ListSelect';
import { atMost, required, all } from '@/ui/validators';

interface Props {
  value: string | null;
  onChange: (id: string | null) => void;
}

/** The list that the clients go to: none, one there is, or a new one. */
export function ListChoice({ value, onChange }: Props) {
  const { t } = useTranslation('imports');
  const queryClient = useQueryClient();
  const [name, setName] = useState<string>();
  const [fault, setFault] = useState<string | null>(null);
  const create = useMutation({
    mutationFn: (wanted: string) => call(api.POST('/lists', { body: { name: wanted } })),
    onSuccess: async (list) => {
      await queryClient.invalidateQueries({ queryKey: ['lists'] });
      setName(undefined);
      onChange(list.id);
    },
    onError: (error) => {
      setFault(errorText(error, { list_exists: t('list.taken') }).text);
    },
  });
  const submit = () => {
    const wrong = all(required, atMost(200))(name ?? '');
    setFault(wrong);
    if (!wrong) create.mutate((name ?? '').trim());
  };
  if (name === undefined)
    return (
      <Group align="flex-end">
        <ListSelect
          label={t('list.label')}
          description={t('list.hint')}
          placeholder={t('list.none')}
          value={value}
          onChange={onChange}
          flex="1 1 220px"
        />
        <Button
          variant="default"
          onClick={() => {
            setName('');
          }}
        >
          {t('list.new')}
        </Button>
      </Group>
    );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextInput
        label={t('list.name')}
        value={name}
        error={fault}
        autoFocus
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <Group mt="xs">
        <Button type="submit" size="xs" loading={create.isPending}>
          {t('list.create')}
        </Button>
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            setName(undefined);
            setFault(null);
          }}
        >
          {t('action.cancel', { ns: 'common' })}
        </Button>
      </Group>
    </form>
  );
}
