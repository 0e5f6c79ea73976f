import { useQueryClient } from '@tanstack/react-query';
import { meQuery, type Me } from '@/api/me';

/** Takes what the server says about the person now, or asks it. */
export function useMeUpdate() {
  const queryClient = useQueryClient();
  return {
    set: (me: Me) => queryClient.setQueryData(meQuery.queryKey, me),
    ask: () => queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
  };
}
