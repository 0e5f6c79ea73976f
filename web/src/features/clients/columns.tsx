import { Anchor, Badge, Text } from '@mantine/core';
import { IconBan } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { Column } from '@/ui/DataTable';
import { ZonedTime } from '@/ui/ZonedTime';
import { ChooseAll, ChooseOne } from './choice';
import type { Client } from './queries';

export function clientColumns(
  t: TFunction<'clients'>,
  mayWrite: boolean,
  onOpen: (id: string) => void,
): Column<Client>[] {
  const columns: Column<Client>[] = [
    {
      key: 'email',
      title: t('column.email'),
      width: 'minmax(0, 1.4fr)',
      cell: (client) => (
        <Anchor
          component="button"
          type="button"
          inherit
          maw="100%"
          style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}
          onClick={() => {
            onOpen(client.id);
          }}
        >
          {client.email}
        </Anchor>
      ),
    },
    { key: 'name', title: t('column.name'), cell: (client) => client.full_name, wide: true },
    { key: 'attributes', title: t('column.attributes'), cell: attributesOf, wide: true },
    {
      key: 'state',
      title: t('column.state'),
      width: '116px',
      cell: (client) =>
        client.suppressed ? (
          <Badge
            variant="default"
            tt="none"
            fw={500}
            leftSection={<IconBan size={12} aria-hidden color="var(--mantine-color-red-6)" />}
            title={client.suppressed.reason}
          >
            {t('state.suppressed')}
          </Badge>
        ) : (
          <Text span inherit c="dimmed">
            {t('state.active')}
          </Text>
        ),
    },
    {
      key: 'created',
      title: t('column.created'),
      width: '180px',
      cell: (client) => <ZonedTime at={client.created_at} />,
      wide: true,
    },
  ];
  if (mayWrite)
    columns.unshift({
      key: 'choose',
      width: '20px',
      title: <ChooseAll />,
      cell: (client) => <ChooseOne client={client} />,
    });
  return columns;
}

function attributesOf({ attributes }: Client): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' · ');
}
