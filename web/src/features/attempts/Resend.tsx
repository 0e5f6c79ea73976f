import { useState } from 'react';
import { Alert, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call, type Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { attemptQuery, type Attempt, type Mailing } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { newId } from '@/lib/uuid';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';

type Outcome = Schema<'ResendOutcome'>;

/** Sends again to those who are unknown or failed, after saying what that may do. */
export function Resend({ attempt, mailing }: { attempt: Attempt; mailing: Mailing | undefined }) {
  const { t } = useTranslation('attempts');
  const me = useMe();
  const [open, setOpen] = useState(false);
  const own = mailing?.owner_id === undefined || mailing.owner_id === me.id;
  const some = attempt.unknown + attempt.failed > 0 && attempt.started_at !== null;
  if (me.role === 'manager' || !mailing || !own || !some) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        onClick={() => {
          setOpen(true);
        }}
      >
        {t('resend.open')}
      </Button>
      <Modal
        opened={open}
        onClose={() => {
          setOpen(false);
        }}
        title={t('resend.title', { name: mailing.name })}
        closeButtonProps={{ 'aria-label': t('action.close', { ns: 'common' }) }}
      >
        <Form
          attempt={attempt}
          onEnd={() => {
            setOpen(false);
          }}
        />
      </Modal>
    </>
  );
}

function Form({ attempt, onEnd }: { attempt: Attempt; onEnd: () => void }) {
  const { t } = useTranslation('attempts');
  const { number } = useFormat();
  const queryClient = useQueryClient();
  const possible = (['unknown', 'failed'] as const).filter((outcome) => attempt[outcome] > 0);
  const [chosen, setChosen] = useState<Outcome[]>(possible.slice(0, 1));
  const [key] = useState(newId); // pressing twice is one request
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const count = chosen.reduce((sum, outcome) => sum + attempt[outcome], 0);
  const send = async () => {
    setPending(true);
    setError(undefined);
    try {
      const { resent, left_out } = await call(
        api.POST('/attempts/{id}/resend', {
          params: { path: { id: attempt.id }, header: { 'Idempotency-Key': key } },
          body: { outcomes: chosen },
        }),
      );
      notifyDone(
        [
          t('resend.done', { count: resent, formatted: number(resent) }),
          left_out > 0 ? t('resend.leftOut', { count: left_out, formatted: number(left_out) }) : '',
        ].join(' '),
      );
      onEnd();
    } catch (failure) {
      setError(failure);
      setPending(false);
    } finally {
      void queryClient.invalidateQueries({ queryKey: attemptQuery(attempt.id).queryKey });
      void queryClient.invalidateQueries({ queryKey: ['mailings'] });
    }
  };
  return (
    <Stack>
      {error !== undefined && <ErrorState error={error} />}
      <Checkbox.Group
        label={t('resend.whom')}
        value={chosen}
        onChange={(value) => {
          setChosen(value as Outcome[]);
        }}
      >
        <Stack gap="xs" mt="xs">
          {possible.map((outcome) => (
            <Checkbox
              key={outcome}
              value={outcome}
              label={`${t(`outcome.${outcome}`, { ns: 'common' })}: ${number(attempt[outcome])}`}
              description={t(`resend.${outcome}`)}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      {chosen.includes('unknown') && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={t('resend.riskTitle')}>
          {t('resend.risk', { count: attempt.unknown, formatted: number(attempt.unknown) })}
        </Alert>
      )}
      <Text size="sm" c="dimmed">
        {t('resend.text')}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onEnd} data-autofocus>
          {t('action.cancel', { ns: 'common' })}
        </Button>
        <Button disabled={count === 0} loading={pending} onClick={() => void send()}>
          {t('resend.action', { count, formatted: number(count) })}
        </Button>
      </Group>
    </Stack>
  );
}
