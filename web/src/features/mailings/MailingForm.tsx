import { Alert, Button, Grid, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconRefreshAlert } from '@tabler/icons-react';
import { useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/problem';
import type { Schema } from '@/api/client';
import { ErrorState } from '@/ui/ErrorState';
import { useSubmit } from '@/ui/useSubmit';
import { all, atMost, required } from '@/ui/validators';
import { fromLocal } from '@/lib/schedule';
import { confirmStart } from './confirmEffects';
import type { Values } from './form';
import { HowStep } from './HowStep';
import { SaveButton, Summary } from './Summary';
import { WhatStep } from './WhatStep';
import { WhenStep } from './WhenStep';
import { WhoStep } from './WhoStep';

interface Props {
  initial: Values;
  status: 'new' | Schema<'MailingStatus'>;
  onSave: (values: Values, draft: boolean) => Promise<void>;
  /** What can be done when somebody else changed it meanwhile. */
  stale?: { take: () => Promise<void>; keep: () => Promise<void> };
}

/** The guided form: to whom, what, when, how, with a summary that is always seen. */
export function MailingForm({ initial, status, onSave, stale }: Props) {
  const { t } = useTranslation('mailings');
  const drafting = status === 'new' || status === 'draft';
  const [draft, setDraft] = useState(false);
  const form = useForm<Values>({
    initialValues: initial,
    validate: (values) => ({
      name: all(required, atMost(200))(values.name),
      message_id: values.message_id ? null : t('what.missing'),
      list_ids: draft || values.list_ids.length + values.client_ids.length > 0 ? null : t('who.missing'),
      start_at:
        values.begin === 'now' || fromLocal(values.start_at, values.time_zone) ? null : t('when.badTime'),
      end_at: endFault(values, t),
    }),
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    if (drafting && !draft && values.begin === 'now' && !(await confirmStart(values.name))) return;
    await onSave(values, draft);
  });
  // At once: the submit that the click goes on to must know it.
  const choose = (wanted: boolean) => {
    flushSync(() => {
      setDraft(wanted);
    });
  };
  const isStale = error instanceof ApiError && error.status === 412 && stale !== undefined;
  return (
    <form onSubmit={onSubmit} noValidate>
      {/* Enter in a field presses a form's first button; it must not send mail. */}
      <button type="submit" disabled hidden />
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            {error !== undefined && !isStale && <ErrorState error={error} />}
            {isStale && <Stale {...stale} />}
            {status === 'running' && <Alert color="blue">{t('effects.running')}</Alert>}
            <TextInput
              label={t('name.label')}
              description={t('name.hint')}
              required
              autoFocus={status === 'new'}
              {...form.getInputProps('name')}
            />
            <WhoStep form={form} />
            <WhatStep form={form} />
            <WhenStep form={form} drafting={drafting} />
            <HowStep form={form} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Summary values={form.values}>
            <Stack gap="xs">
              <SaveButton
                values={form.values}
                scheduling={drafting}
                loading={pending && !draft}
                onClick={() => {
                  choose(false);
                }}
              />
              {drafting && (
                <Button
                  type="submit"
                  variant="default"
                  loading={pending && draft}
                  onClick={() => {
                    choose(true);
                  }}
                >
                  {t('saveDraft')}
                </Button>
              )}
            </Stack>
          </Summary>
        </Grid.Col>
      </Grid>
    </form>
  );
}

function endFault(values: Values, t: (key: 'when.badTime' | 'when.endFirst') => string): string | null {
  if (values.end_at === '') return null;
  const end = fromLocal(values.end_at, values.time_zone)?.at;
  if (end === undefined) return t('when.badTime');
  const start = values.begin === 'now' ? Date.now() : fromLocal(values.start_at, values.time_zone)?.at;
  return start !== undefined && end <= start ? t('when.endFirst') : null;
}

function Stale({ take, keep }: { take: () => Promise<void>; keep: () => Promise<void> }) {
  const { t } = useTranslation('mailings');
  const [kept, setKept] = useState(false);
  return (
    <Alert color="yellow" icon={<IconRefreshAlert aria-hidden />} title={t('stale.title')} role="alert">
      <Stack gap="xs">
        <Text size="sm">{t(kept ? 'stale.kept' : 'stale.text')}</Text>
        {!kept && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => void take()}>
              {t('stale.take')}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() =>
                void keep().then(() => {
                  setKept(true);
                })
              }
            >
              {t('stale.keep')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
