import { useState } from 'react';
import { getRouteApi } from '@tanstack/react-router';
import { PasswordStep } from './PasswordStep';
import { SecondStep } from './SecondStep';
import { useEnter } from './useEnter';

const route = getRouteApi('/public/sign-in');

export function SignInPage() {
  const search = route.useSearch();
  const enter = useEnter(search.return_to);
  const [challenge, setChallenge] = useState<string>();
  if (challenge !== undefined) {
    return (
      <SecondStep
        challenge={challenge}
        onDone={enter}
        onBack={() => {
          setChallenge(undefined);
        }}
      />
    );
  }
  return (
    <PasswordStep
      returnTo={search.return_to}
      providerError={search.error !== undefined}
      onResult={({ me, challenge }) => {
        if (me) enter(me);
        else if (challenge !== null) setChallenge(challenge);
      }}
    />
  );
}
