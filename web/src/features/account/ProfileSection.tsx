import { useMemo } from 'react';
import {
  Button,
  Group,
  Input,
  SegmentedControl,
  Select,
  Stack,
  TextInput,
  useMantineColorScheme,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import { useMe } from '@/api/me';
import { setLanguage } from '@/i18n';
import { timeZones } from '@/lib/format';
import { ErrorState } from '@/ui/ErrorState';
import { notifyDone } from '@/ui/notify';
import { useSubmit } from '@/ui/useSubmit';
import { atMost } from '@/ui/validators';
import { Section } from './Section';
import { useMeUpdate } from './useMeUpdate';

export function ProfileSection() {
  const { t, i18n } = useTranslation('account');
  const me = useMe();
  const update = useMeUpdate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const zones = useMemo(() => {
    const known = timeZones();
    return known.includes(me.time_zone) ? known : [me.time_zone, ...known];
  }, [me.time_zone]);
  const form = useForm({
    initialValues: { name: me.name, language: me.language, time_zone: me.time_zone },
    validate: { name: atMost(200) },
  });
  const { onSubmit, pending, error } = useSubmit(form, async (values) => {
    const now = await call(api.PATCH('/me', { body: { ...values, name: values.name.trim() } }));
    update.set(now);
    await setLanguage(now.language);
    form.resetDirty();
    notifyDone(i18n.t('saved', { ns: 'account' }));
  });
  return (
    <Section title={t('profile.title')}>
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          {error !== undefined && <ErrorState error={error} />}
          <TextInput
            label={t('profile.name')}
            description={t('profile.nameHint')}
            autoComplete="name"
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <Select
            label={t('profile.language')}
            description={t('profile.languageHint')}
            allowDeselect={false}
            data={[
              { value: 'en', label: 'English' },
              { value: 'ru', label: 'Русский' },
            ]}
            key={form.key('language')}
            {...form.getInputProps('language')}
          />
          <Select
            label={t('profile.zone')}
            description={t('profile.zoneHint')}
            searchable
            allowDeselect={false}
            limit={100}
            nothingFoundMessage={t('profile.zoneNone')}
            data={zones}
            key={form.key('time_zone')}
            {...form.getInputProps('time_zone')}
          />
          <Group>
            <Button type="submit" loading={pending} disabled={!form.isDirty()}>
              {t('action.save', { ns: 'common' })}
            </Button>
          </Group>
        </Stack>
      </form>
      <Input.Wrapper label={t('profile.theme')} labelElement="div" mt="lg">
        <div>
          <SegmentedControl
            aria-label={t('profile.theme')}
            value={colorScheme}
            onChange={(scheme) => {
              setColorScheme(scheme as typeof colorScheme);
            }}
            data={[
              { value: 'auto', label: t('profile.themeAuto') },
              { value: 'light', label: t('profile.themeLight') },
              { value: 'dark', label: t('profile.themeDark') },
            ]}
          />
        </div>
      </Input.Wrapper>
    </Section>
  );
}
