import type { ReactNode } from 'react';
import { Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call } from '@/api/client';
import type { Mailing } from '@/api/sending';
import { useFormat } from '@/lib/useFormat';
import { listChoices } from './choices';
import { reachOf } from './form';
import { AnchorLink } from '@/ui/links';
import { ZonedTime } from '@/ui/ZonedTime';
import { NextStarts } from './NextStarts';

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </div>
  );
}

/** What is sent, to whom and when. */
export function Plan({ mailing }: { mailing: Mailing }) {
  const { t } = useTranslation('mailings');
  const { number } = useFormat();
  const message = useQuery({
    queryKey: ['messages', mailing.message_id],
    queryFn: ({ signal }) =>
      call(api.GET('/messages/{id}', { params: { path: { id: mailing.message_id } }, signal })),
  });
  const lists = useQuery(listChoices);
  const names = mailing.list_ids.flatMap(
    (id) => lists.data?.items.find((list) => list.id === id)?.name ?? [],
  );
  const reach = lists.data && reachOf(mailing, lists.data.items);
  const { start_at, end_at, time_zone: zone, periodicity } = mailing;
  const schedule = {
    start: Date.parse(start_at),
    end: end_at === null ? null : Date.parse(end_at),
    zone,
    periodicity,
  };
  const planned = mailing.status === 'scheduled' || mailing.status === 'running';
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="plan">
      <Title order={2} size="h4" id="plan" mb="sm">
        {t('plan.title')}
      </Title>
      <Stack component="dl" gap="sm" m={0}>
        {mailing.owner_email && <Item name={t('column.owner')}>{mailing.owner_email}</Item>}
        <Item name={t('plan.message')}>
          {message.data ? (
            <AnchorLink to="/messages/$id" params={{ id: mailing.message_id }} inherit>
              {message.data.subject}
            </AnchorLink>
          ) : (
            t('unknown', { ns: 'common' })
          )}
        </Item>
        <Item name={t('plan.recipients')}>
          {names.length > 0 && <>{names.join(', ')}. </>}
          {names.length < mailing.list_ids.length && lists.data && (
            <>{t('plan.otherLists', { count: mailing.list_ids.length - names.length })}. </>
          )}
          {mailing.client_ids.length > 0 && (
            <>
              {t('plan.clients', {
                count: mailing.client_ids.length,
                formatted: number(mailing.client_ids.length),
              })}
              .{' '}
            </>
          )}
          {reach
            ? t(reach.exact ? 'reach.about' : 'reach.most', {
                count: reach.most,
                formatted: number(reach.most),
              })
            : t('reach.unknown')}{' '}
          {t('reach.atStart')}
        </Item>
        <Item name={t('plan.start')}>
          <ZonedTime at={start_at} zone={zone} />
        </Item>
        <Item name={t('plan.end')}>{end_at ? <ZonedTime at={end_at} zone={zone} /> : t('plan.noEnd')}</Item>
        <Item name={t('column.periodicity')}>
          {t(`periodicity.${periodicity}`, { ns: 'common' })}, {zone}
        </Item>
        {planned && (
          <Item name={t('plan.next')}>
            <NextStarts schedule={schedule} />
          </Item>
        )}
        <Item name={t('plan.onUnknown')}>{t(`how.${mailing.on_unknown}.name`)}</Item>
        <Item name={t('plan.provider')}>{mailing.provider_id ?? t('how.defaultProvider')}</Item>
      </Stack>
    </Paper>
  );
}
