import { Code, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { Figure } from './Figure';
import { meaningOf } from './meaning';
import { OutcomeBadge } from './OutcomeBadge';

/** What mail servers answered, grouped, each with its meaning in plain words. */
export function Answers({
  groups,
  others,
}: {
  groups: readonly Schema<'ResponseGroup'>[];
  others?: Schema<'OtherResponses'> | null;
}) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs" aria-label={t('answer.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('answer.outcome')}</Table.Th>
            <Table.Th ta="end">{t('answer.count')}</Table.Th>
            <Table.Th miw={240}>{t('answer.said')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map((group) => (
            <Table.Tr key={`${group.outcome} ${String(group.code)} ${group.enhanced ?? ''} ${group.pattern}`}>
              <Table.Td style={{ verticalAlign: 'top' }}>
                <OutcomeBadge outcome={group.outcome} />
              </Table.Td>
              <Table.Td ta="end" style={{ verticalAlign: 'top' }}>
                <Figure value={group.count} />
              </Table.Td>
              <Table.Td>
                <Text size="sm">{t(meaningOf(group))}</Text>
                {group.example !== '' && (
                  <Code lang="en" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                    {group.example}
                  </Code>
                )}
                {group.example_email && (
                  <Text size="xs" c="dimmed">
                    {t('answer.to', { email: group.example_email })}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
          {others && others.groups > 0 && (
            <Table.Tr>
              <Table.Td>{t('answer.others')}</Table.Td>
              <Table.Td ta="end">
                <Figure value={others.count} />
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  {t('answer.otherKinds', { count: others.groups })}
                </Text>
              </Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
