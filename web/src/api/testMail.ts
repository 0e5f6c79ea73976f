import { useMutation, useQuery } from '@tanstack/react-query';
import { api, call, type Schema } from './client';

export type TestMail = Schema<'TestMail'>;

/** How long until it is asked again what became of a test, in ms: at once somebody looks at it, later it waits for a retry. */
export function testInterval(mail: TestMail | undefined, asked: number): number | false {
  if (mail && mail.status !== 'waiting') return false;
  return asked < 20 ? 700 : 5000;
}

/** Sends a message to oneself, and follows it until it has ended. */
export function useTestMail<Input>(send: (input: Input) => Promise<TestMail>) {
  const sending = useMutation({ mutationFn: send });
  const id = sending.data?.id;
  const state = useQuery({
    queryKey: ['test-mails', id],
    queryFn: ({ signal }) =>
      call(api.GET('/test-mails/{id}', { params: { path: { id: id ?? '' } }, signal })),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => testInterval(state.data, state.dataUpdateCount),
  });
  const mail = id === undefined ? undefined : (state.data ?? sending.data);
  return {
    send: (input: Input) => {
      sending.mutate(input);
    },
    /** Undefined until one was sent. */
    mail,
    error: sending.error ?? state.error,
    busy: sending.isPending || mail?.status === 'waiting',
    reset: sending.reset,
  };
}
