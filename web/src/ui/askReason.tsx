import { useState } from 'react';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useTranslation } from 'react-i18next';
import { i18n } from '@/i18n';
import { ErrorState } from './ErrorState';
import { all, atMost, required } from './validators';

interface Question {
  /** What will be done, with the name of the thing. */
  title: string;
  text: string;
  /** What the reason is for; that they see it, if absent. */
  hint?: string;
  /** The verb of the button. */
  action: string;
  /** Rejects with what went wrong, which is shown; closes otherwise. */
  send: (reason: string) => Promise<unknown>;
}

/** Asks why before something is done to somebody else's things; they see the reason. */
export function askReason({ title, ...rest }: Question): void {
  const id = modals.open({
    title,
    closeButtonProps: { 'aria-label': i18n.t('action.close') },
    children: (
      <ReasonForm
        {...rest}
        onEnd={() => {
          modals.close(id);
        }}
      />
    ),
  });
}

const check = all(required, atMost(500));

function ReasonForm({ text, hint, action, send, onEnd }: Omit<Question, 'title'> & { onEnd: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);
  const submit = async () => {
    const found = check(reason);
    setFault(found);
    if (found) return;
    setPending(true);
    setError(undefined);
    try {
      await send(reason.trim());
      onEnd();
    } catch (failure) {
      setError(failure);
      setPending(false);
    }
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!pending) void submit();
      }}
    >
      <Stack>
        <Text size="sm">{text}</Text>
        {error !== undefined && <ErrorState error={error} />}
        <TextInput
          label={t('reason.label')}
          description={hint ?? t('reason.hint')}
          data-autofocus
          required
          value={reason}
          error={fault}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onEnd}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" color="red" loading={pending}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
