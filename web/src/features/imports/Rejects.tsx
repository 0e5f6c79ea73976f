import { ScrollArea, Skeleton, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError, problemOf } from '@/api/problem';
import { useFormat } from '@/lib/useFormat';
import { ErrorState } from '@/ui/ErrorState';
import { groupRejects, readRejects } from './rejects';

const MOST = 512 * 1024;

/** The beginning of the file of bad rows: enough to say why, however many there are. */
async function begin(id: string, signal: AbortSignal) {
  const answer = await fetch(`/api/v1/imports/${id}/rejects`, { signal }).catch((error: unknown) => {
    throw ApiError.network(error);
  });
  if (!answer.ok || !answer.body) throw await problemOf(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (value !== undefined) text += value;
    if (done) return { groups: groupRejects(readRejects(text, true)), whole: true };
    if (text.length > MOST) {
      await reader.cancel();
      return { groups: groupRejects(readRejects(text, false)), whole: false };
    }
  }
}

export function Rejects({ id }: { id: string }) {
  const { t } = useTranslation('imports');
  const { number } = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['imports', id, 'rejects'],
    queryFn: ({ signal }) => begin(id, signal),
    staleTime: Infinity,
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton h={120} />;
  return (
    <>
      <ScrollArea viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': t('rejects.table') }}>
        <Table withTableBorder fz="sm" miw={520}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('rejects.reason')}</Table.Th>
              <Table.Th ta="end">{t('rejects.count')}</Table.Th>
              <Table.Th>{t('rejects.example')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.groups.slice(0, 50).map(({ reason, count, example }) => (
              <Table.Tr key={reason}>
                <Table.Td lang="en" style={{ overflowWrap: 'anywhere' }}>
                  {reason}
                </Table.Td>
                <Table.Td ta="end" className="tabular">
                  {number(count)}
                  {!data.whole && '+'}
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {t('rejects.line', { line: example.line })} {example.email}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {!data.whole && (
        <Text size="sm" c="dimmed">
          {t('rejects.begin')}
        </Text>
      )}
    </>
  );
}
