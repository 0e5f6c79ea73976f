import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { PageHeader } from '@/ui/PageHeader';
import { fieldText } from '@/ui/fieldText';
import { confirmAction } from '@/ui/confirm';
import { ButtonLink } from '@/ui/links';
import { ImportResult } from './ImportResult';
import { ImportRunning } from './ImportRunning';
import { recentImports } from './recent';
import { cancelUpload } from './upload';
import { useImport } from './useImport';

/** One import: how far it is, and what came of it. */
export function ImportPage() {
  const { t } = useTranslation('imports');
  const { id } = useParams({ from: '/shell/imports/$id' });
  const me = useMe();
  const { value, upload, error, refetch } = useImport(id);
  const name = upload?.name ?? recentImports(me.id).find((entry) => entry.id === id)?.name;
  const sending = upload?.state === 'sending';
  const over = value && value.status !== 'running';
  const refused = upload?.state === 'refused' ? upload.error : undefined;
  const ask = () => {
    confirmAction({
      title: t('stop.title', { name: name ?? '' }),
      text: t('stop.text'),
      action: t('stop.action'),
      onConfirm: cancelUpload,
    });
  };
  return (
    <>
      <PageHeader
        title={name ?? t('one')}
        above={[{ to: '/imports', title: t('title') }]}
        action={
          sending && !over ? (
            <Button variant="default" onClick={ask}>
              {t('stop.action')}
            </Button>
          ) : undefined
        }
      />
      <Stack maw={860}>
        {refused && (
          <ErrorState
            error={refused}
            words={
              refused.fields[0]
                ? { validation_failed: t('refused', { reason: refused.fields.map(fieldText).join('; ') }) }
                : {}
            }
          />
        )}
        {!value && error && !refused && (
          <ErrorState
            error={error}
            onRetry={() => void refetch()}
            {...(upload?.state === 'cancelled' ? { words: { import_not_found: t('stop.before') } } : {})}
          />
        )}
        {!value && !error && !refused && !upload && <Skeleton h={160} />}
        {!over && !refused && (value || sending) && <ImportRunning value={value} upload={upload} />}
        {over && <ImportResult value={value} />}
        {(refused || error) && !value && (
          <Group>
            <ButtonLink to="/imports">{t('another')}</ButtonLink>
          </Group>
        )}
      </Stack>
    </>
  );
}
