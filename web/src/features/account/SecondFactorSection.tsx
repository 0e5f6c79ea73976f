import { useState } from 'react';
import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useMe } from '@/api/me';
import { FactorConfirm } from './FactorConfirm';
import { FactorProof, type Purpose } from './FactorProof';
import { RecoveryCodes } from './RecoveryCodes';
import { Section } from './Section';
import { useMeUpdate } from './useMeUpdate';

type Step =
  | { at: 'rest' }
  | { at: 'proof'; purpose: Purpose }
  | { at: 'confirm'; setup: Schema<'SecondFactorSetup'> }
  | { at: 'codes'; codes: string[] };

/** Turning the second factor on is: password → QR code → code → recovery codes. */
export function SecondFactorSection() {
  const { t } = useTranslation('account');
  const me = useMe();
  const update = useMeUpdate();
  const [step, setStep] = useState<Step>({ at: 'rest' });
  const rest = () => {
    setStep({ at: 'rest' });
    void update.ask();
  };
  const prove = (purpose: Purpose) => () => {
    setStep({ at: 'proof', purpose });
  };
  return (
    <Section
      title={t('factor.title')}
      text={t('factor.text')}
      badge={
        <Badge variant="light" color={me.second_factor ? 'accent' : 'gray'} tt="none">
          {t(me.second_factor ? 'factor.on' : 'factor.off')}
        </Badge>
      }
    >
      {step.at === 'rest' && !me.second_factor && (
        <Button onClick={prove('begin')}>{t('factor.begin')}</Button>
      )}
      {step.at === 'rest' && me.second_factor && (
        <Stack>
          <Text size="sm">{t('factor.left', { count: me.recovery_codes_left })}</Text>
          <Group>
            <Button variant="default" onClick={prove('renew')}>
              {t('factor.renew')}
            </Button>
            <Button variant="default" onClick={prove('remove')}>
              {t('factor.remove')}
            </Button>
          </Group>
        </Stack>
      )}
      {step.at === 'proof' && (
        <FactorProof
          purpose={step.purpose}
          onSetup={(setup) => {
            setStep({ at: 'confirm', setup });
          }}
          onCodes={(codes) => {
            setStep({ at: 'codes', codes });
          }}
          onEnd={rest}
        />
      )}
      {step.at === 'confirm' && (
        <FactorConfirm
          setup={step.setup}
          onCodes={(codes) => {
            setStep({ at: 'codes', codes });
          }}
          onCancel={rest}
        />
      )}
      {step.at === 'codes' && <RecoveryCodes codes={step.codes} onKept={rest} />}
    </Section>
  );
}
