import { useEffect, useEffectEvent } from 'react';
import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { ApiError } from '@/api/problem';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { atMost, email } from '@/ui/validators';
import { changeOf, MOST, rowFaults, rowsOf, type Row } from './attributes';
import { AttributesField } from './AttributesField';
import { clientQuery, useClientsCache, type Client } from './queries';

interface Props {
  /** The client to change; a new one if absent. */
  client?: Client;
  onDirty: (dirty: boolean) => void;
  onSaved: (client: Client) => void;
}

interface Values {
  email: string;
  full_name: string;
  comment: string;
  attributes: Row[];
}

function valuesOf(client: Client | undefined): Values {
  return {
    email: client?.email ?? '',
    full_name: client?.full_name ?? '',
    comment: client?.comment ?? '',
    attributes: rowsOf(client?.attributes ?? {}),
  };
}

async function save(client: Client | undefined, values: Values): Promise<Client> {
  const known = { email: values.email.trim(), full_name: values.full_name.trim(), comment: values.comment };
  if (!client) {
    const attributes = Object.fromEntries(values.attributes.map(({ name, value }) => [name.trim(), value]));
    return call(api.POST('/clients', { body: { ...known, attributes } }));
  }
  // What was not changed is not sent: someone else's change of it stays.
  const changed = Object.fromEntries(
    Object.entries(known).filter(([name, value]) => client[name as keyof typeof known] !== value),
  );
  const attributes = changeOf(client.attributes, values.attributes);
  const body = { ...changed, ...(Object.keys(attributes).length > 0 ? { attributes } : {}) };
  const header = { 'If-Match': `"${String(client.revision)}"` };
  return call(api.PATCH('/clients/{id}', { params: { path: { id: client.id }, header }, body }));
}

export function ClientForm({ client, onDirty, onSaved }: Props) {
  const { t } = useTranslation('clients');
  const queryClient = useQueryClient();
  const cache = useClientsCache();
  const form = useForm<Values>({
    initialValues: valuesOf(client),
    validate: {
      email,
      full_name: atMost(200),
      comment: atMost(2000),
      attributes: (rows) => (rowFaults(rows).size > 0 || rows.length > MOST ? t('attributes.faulty') : null),
    },
  });
  const dirty = form.isDirty();
  const tellDirty = useEffectEvent(onDirty);
  useEffect(() => {
    tellDirty(dirty);
  }, [dirty]);
  // The newest state comes in while nobody has typed here.
  const revision = client?.revision;
  const take = useEffectEvent(() => {
    if (form.isDirty()) return;
    form.setInitialValues(valuesOf(client));
    form.setValues(valuesOf(client));
  });
  useEffect(() => {
    take();
  }, [revision]);

  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const saved = await save(client, values);
    if (client) cache.replace(saved);
    else await cache.reset();
    form.setInitialValues(valuesOf(saved));
    form.setValues(valuesOf(saved));
    form.clearErrors();
    notifyDone(t(client ? 'saved' : 'created', { email: saved.email }));
    onSaved(saved);
  });
  const stale = error instanceof ApiError && error.status === 412;
  const newest = async () => {
    if (!client) return;
    const data = await queryClient.fetchQuery({ ...clientQuery(client.id), staleTime: 0 });
    cache.replace(data);
    form.setInitialValues(valuesOf(data));
    form.setValues(valuesOf(data));
  };
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {error !== undefined && (
          <ErrorState
            error={error}
            words={{
              client_exists: t('taken'),
              stale_revision: t('stale.text'),
              client_not_found: t('card.gone'),
            }}
          />
        )}
        {stale && (
          <Group>
            <Button size="xs" variant="default" onClick={() => void newest()}>
              {t('stale.action')}
            </Button>
          </Group>
        )}
        <TextInput
          label={t('field.email')}
          type="email"
          required
          withAsterisk={false}
          data-autofocus={client ? undefined : true}
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <TextInput label={t('field.name')} key={form.key('full_name')} {...form.getInputProps('full_name')} />
        <Textarea
          label={t('field.comment')}
          description={t('field.commentHint')}
          autosize
          minRows={2}
          maxRows={8}
          key={form.key('comment')}
          {...form.getInputProps('comment')}
        />
        <AttributesField
          rows={form.getValues().attributes}
          faulty={Object.entries(form.errors).find(([name]) => name.startsWith('attributes'))?.[1]}
          onChange={(rows) => {
            form.setFieldValue('attributes', rows);
          }}
        />
        <Group>
          <Button type="submit" loading={pending} disabled={client !== undefined && !dirty}>
            {client ? t('action.save', { ns: 'common' }) : t('create')}
          </Button>
          {client && dirty && (
            <Button
              variant="subtle"
              onClick={() => {
                form.reset();
              }}
            >
              {t('revert')}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
