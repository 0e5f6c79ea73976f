import { useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { api, call } from './client';
import { attemptQuery, type Attempt, type Progress } from './sending';
import type { StreamState } from './stream';
import { useStream } from './useStream';

const moving = (status: Attempt['status']) => status === 'running' || status === 'planned';

/**
 * An attempt as it moves: pushed while it runs, and the last state it was seen in afterwards. When it ends, what else
 * was read of its mailing is read again.
 */
export function useProgress(attempt: Attempt): { progress: Progress; state: StreamState } {
  const queryClient = useQueryClient();
  const { id } = attempt;
  const url = attempt.status === 'running' ? `/api/v1/attempts/${id}/progress` : null;
  const { value, state } = useStream<Progress>(url, async (signal) => {
    const now = await call(api.GET('/attempts/{id}', { params: { path: { id } }, signal }));
    // Nobody tells the rate to those who ask only now and then.
    return { value: { ...now, rate_per_second: null, eta_seconds: null }, done: !moving(now.status) };
  });
  const ended = state === 'done';
  useEffect(() => {
    if (!ended) return;
    void queryClient.invalidateQueries({ queryKey: attemptQuery(id).queryKey });
    void queryClient.invalidateQueries({ queryKey: ['mailings'] });
    void queryClient.invalidateQueries({ queryKey: ['summary'] });
  }, [ended, id, queryClient]);
  return { progress: value ?? { ...attempt, rate_per_second: null, eta_seconds: null }, state };
}
