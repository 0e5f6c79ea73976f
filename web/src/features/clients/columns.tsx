import { Badge } from '@mantine/core';
import { IconBan } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { Column } from '@/ui/DataTable';
import { ChooseAll, ChooseOne } from './choice';
import type { Client } from './queries';
import classes from './table.module.css';

export function clientColumns(
  t: TFunction<'clients'>,
  time: (at: string) => string,
  mayWrite: boolean,
  onOpen: (id: string) => void,
): Column<Client>[] {
  const columns: Column<Client>[] = [
    {
      key: 'email',
      title: t('column.email'),
      width: 'minmax(0, 1.4fr)',
      cell: (client) => (
        <button
          type="button"
          className={classes.link}
          title={client.email}
          onClick={() => {
            onOpen(client.id);
          }}
        >
          {client.email}
        </button>
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
          <span className={classes.dimmed}>{t('state.active')}</span>
        ),
    },
    {
      key: 'created',
      title: t('column.created'),
      width: '180px',
      cell: ({ created_at }) => (
        <time dateTime={created_at} className="tabular">
          {time(created_at)}
        </time>
      ),
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
