import { Button, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
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

/**
 * Where the link of the message of confirmation leads. Nothing happens before the button: scanners of mail open links, and
 * some run what they find there, which must not confirm an account that a stranger has opened.
 */
export function VerifyPage() {
  const { t } = useTranslation('auth');
  const token = useToken();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      if (token === undefined) throw new ApiError({ status: 422, code: 'no_token' });
      await done(api.POST('/auth/verify', { body: { token } }));
    },
    onSuccess: () => {
      notifyDone(t('verify.done'));
      queryClient.removeQueries({ queryKey: meQuery.queryKey });
      void navigate({ to: '/', replace: true });
    },
  });

  if (!error) {
    return (
      <>
        <AuthHeading title={t('verify.title')}>{t('verify.text')}</AuthHeading>
        <Button fullWidth loading={isPending} onClick={() => mutate()}>
          {t('verify.confirm')}
        </Button>
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
          words={{ token_unknown: t('verify.failed'), no_token: t('verify.failed') }}
          {...(refused ? {} : { onRetry: () => mutate() })}
        />
        <ButtonLink to="/check-mail" variant="default">
          {t('verify.action')}
        </ButtonLink>
      </Stack>
    </>
  );
}
