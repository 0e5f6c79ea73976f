import { useState } from 'react';
import { getRouteApi } from '@tanstack/react-router';
import { PasswordStep } from './PasswordStep';
import { SecondStep } from './SecondStep';
import { useEnter } from './useEnter';
import { useFragment } from './useToken';

const route = getRouteApi('/public/sign-in');

export function SignInPage() {
  const search = route.useSearch();
  const fragment = useFragment(); // who comes back from the identity provider brings a challenge, and where to go on
  const returnTo = search.return_to ?? fragment.get('return_to') ?? undefined;
  const enter = useEnter(returnTo);
  const [challenge, setChallenge] = useState(fragment.get('challenge') ?? undefined);
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
      returnTo={returnTo}
      providerError={search.error}
      onResult={({ me, challenge }) => {
        if (me) enter(me);
        else if (challenge !== null) setChallenge(challenge);
      }}
    />
  );
}
