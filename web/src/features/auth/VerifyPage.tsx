import { useEffect } from 'react';
import { Loader, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, done } from '@/api/client';
import { ApiError } from '@/api/problem';
import { meQuery } from '@/api/me';
import { ErrorState } from '@/ui/ErrorState';
import { ButtonLink } from '@/ui/links';
import { notifyDone } from '@/ui/notify';
import { AuthHeading } from './AuthHeading';
import { useToken } from './useToken';

/** Where the link of the message of confirmation leads. */
export function VerifyPage() {
  const { t } = useTranslation('auth');
  const token = useToken();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  // A query, so that it is sent once however often the page is drawn: the token works once.
  const { isSuccess, error, refetch } = useQuery({
    queryKey: ['auth', 'verify', token],
    queryFn: async () => {
      if (token === undefined) throw new ApiError({ status: 422, code: 'no_token' });
      await done(api.POST('/auth/verify', { body: { token } }));
      return true;
    },
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  useEffect(() => {
    if (!isSuccess) return;
    notifyDone(t('verify.done'));
    queryClient.removeQueries({ queryKey: meQuery.queryKey });
    void navigate({ to: '/', replace: true });
  }, [isSuccess, navigate, queryClient, t]);

  if (!error) {
    return (
      <>
        <AuthHeading title={t('verify.title')}>{t('verify.wait')}</AuthHeading>
        <Loader size="sm" role="status" aria-label={t('verify.wait')} />
      </>
    );
  }
  const refused = error instanceof ApiError && error.status === 422;
  return (
    <>
      <AuthHeading title={t('verify.failedTitle')} />
      <Stack>
        <ErrorState
          error={error}
          words={{ 422: t('verify.failed') }}
          {...(refused ? {} : { onRetry: () => void refetch() })}
        />
        <ButtonLink to="/check-mail" variant="default">
          {t('verify.action')}
        </ButtonLink>
      </Stack>
    </>
  );
}
