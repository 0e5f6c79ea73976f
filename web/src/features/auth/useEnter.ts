import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { meQuery, type Me } from '@/api/me';
import { safeReturnPath } from '@/lib/returnPath';

/** Goes into the application as the person who has just signed in. */
export function useEnter(returnTo: string | undefined): (me: Me) => void {
  const queryClient = useQueryClient();
  const router = useRouter();
  return (me) => {
    queryClient.clear(); // nothing of who was here before
    queryClient.setQueryData(meQuery.queryKey, me);
    router.history.push(safeReturnPath(returnTo));
  };
}
