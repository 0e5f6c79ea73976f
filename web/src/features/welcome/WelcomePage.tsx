import { useState } from 'react';
import { Group, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '@/api/me';
import { setupQuery } from '@/api/setup';
import { AccountStep } from './AccountStep';
import { MailStep } from './MailStep';
import { rememberStep, wizardStep, type Step } from './progress';
import { SampleStep } from './SampleStep';
import classes from './Welcome.module.css';

const steps: readonly Step[] = ['account', 'mail', 'sample'];

/** The first run: an administrator, a message to see that mail goes out, and something to look at. */
export function WelcomePage() {
  const { t } = useTranslation('welcome');
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [step, setStep] = useState<Step>(() => wizardStep() ?? 'account');
  const go = (next: 'mail' | 'sample') => {
    rememberStep(next);
    setStep(next);
  };
  const at = steps.indexOf(step);
  return (
    <Stack>
      <title>{`${t(`${step}.title`)} · ${t('product', { ns: 'common' })}`}</title>
      <Stack gap={6}>
        <Group gap={6} role="img" aria-label={t('step', { at: at + 1, of: steps.length })}>
          {steps.map((name, i) => (
            <span key={name} className={classes.dot} data-done={i <= at || undefined} />
          ))}
        </Group>
        <Title order={1} size="h3">
          {t(`${step}.title`)}
        </Title>
        <Text size="sm" c="dimmed">
          {t(`${step}.text`)}
        </Text>
      </Stack>
      {step === 'account' && (
        <AccountStep
          onDone={(me) => {
            queryClient.clear();
            queryClient.setQueryData(meQuery.queryKey, me);
            queryClient.setQueryData(setupQuery.queryKey, { needed: false, token_needed: false });
            go('mail');
          }}
        />
      )}
      {step === 'mail' && (
        <MailStep
          onDone={() => {
            go('sample');
          }}
        />
      )}
      {step === 'sample' && (
        <SampleStep
          onDone={() => {
            rememberStep(undefined);
            void queryClient.invalidateQueries();
            void navigate({ to: '/' });
          }}
        />
      )}
    </Stack>
  );
}
