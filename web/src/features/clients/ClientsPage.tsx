import { useCallback, useState } from 'react';
import { Button, Group, Menu, SegmentedControl, Select, Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconChevronDown, IconDownload, IconFileImport, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/me';
import { PageHeader } from '@/ui/PageHeader';
import { SearchField } from '@/ui/SearchField';
import { ListSelect } from '@/ui/ListSelect';
import { ButtonLink } from '@/ui/links';
import { ClientDrawer } from './ClientDrawer';
import { ClientsTable } from './ClientsTable';
import { ExportDialog } from './ExportDialog';
import { SuppressedTable } from './SuppressedTable';
import { withSearch } from './search';

export function ClientsPage() {
  const { t } = useTranslation('clients');
  const mayWrite = useMe().role !== 'manager';
  const search = useSearch({ from: '/shell/clients' });
  const navigate = useNavigate({ from: '/clients' });
  const [exporting, setExporting] = useState(false);
  const change = (part: Parameters<typeof withSearch>[1], replace = false) => {
    void navigate({ search: (old) => withSearch(old, part), replace, resetScroll: false });
  };
  const open = useCallback(
    (id: string) => {
      void navigate({ search: (old) => withSearch(old, { client: id }), resetScroll: false });
    },
    [navigate],
  );
  const { q, list, mail, view, client } = search;
  return (
    <>
      <PageHeader
        title={t('title')}
        action={
          mayWrite && (
            <Group gap="sm">
              <Menu position="bottom-end">
                <Menu.Target>
                  <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
                    {t('files')}
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<IconFileImport size={16} aria-hidden />}
                    onClick={() => void navigate({ to: '/imports' })}
                  >
                    {t('import')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconDownload size={16} aria-hidden />}
                    onClick={() => {
                      setExporting(true);
                    }}
                  >
                    {t('export.menu')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
              <Button
                leftSection={<IconPlus size={16} aria-hidden />}
                onClick={() => {
                  change({ client: 'new' });
                }}
              >
                {t('add')}
              </Button>
            </Group>
          )
        }
      />
      <Stack gap="sm">
        <Group gap="sm" wrap="wrap">
          <SegmentedControl
            aria-label={t('view.label')}
            value={view ?? 'all'}
            onChange={(value) => {
              change({ view: value === 'all' ? null : value });
            }}
            data={[
              { value: 'all', label: t('view.all') },
              { value: 'suppressed', label: t('view.suppressed') },
            ]}
          />
          <SearchField
            label={t(view ? 'search.suppressed' : 'search.clients')}
            value={q ?? ''}
            onSearch={(value) => {
              change({ q: value }, true);
            }}
          />
          {!view && (
            <ListSelect
              aria-label={t('list.filter')}
              placeholder={t('list.any')}
              value={list ?? null}
              onChange={(id) => {
                change({ list: id });
              }}
              w={{ base: '100%', xs: 240 }}
            />
          )}
          {!view && (
            <Select
              aria-label={t('mail.filter')}
              placeholder={t('mail.any')}
              data={(['on', 'off'] as const).map((value) => ({ value, label: t(`mail.${value}`) }))}
              value={mail ?? null}
              onChange={(value) => {
                change({ mail: value });
              }}
              clearable
              clearButtonProps={{ 'aria-label': t('action.clear', { ns: 'common' }) }}
              w={{ base: '100%', xs: 200 }}
            />
          )}
        </Group>
        {view ? (
          <SuppressedTable key={q} q={q} mayWrite={mayWrite} />
        ) : (
          <ClientsTable
            key={`${q ?? ''}|${list ?? ''}|${mail ?? ''}`}
            filters={{
              ...(q ? { q } : {}),
              ...(list ? { list } : {}),
              ...(mail ? { suppressed: mail === 'off' } : {}),
            }}
            mayWrite={mayWrite}
            onOpen={open}
            empty={
              mayWrite && (
                <>
                  <ButtonLink to="/imports">{t('import')}</ButtonLink>
                  <Button
                    variant="default"
                    onClick={() => {
                      change({ client: 'new' });
                    }}
                  >
                    {t('add')}
                  </Button>
                </>
              )
            }
            onClearFilters={() => {
              change({ q: null, list: null, mail: null });
            }}
          />
        )}
      </Stack>
      <ClientDrawer
        id={client}
        list={list}
        mayWrite={mayWrite}
        onClose={() => {
          change({ client: null });
        }}
        onOpen={(id) => {
          change({ client: id }, true);
        }}
      />
      <ExportDialog
        opened={exporting}
        list={list ?? null}
        onClose={() => {
          setExporting(false);
        }}
      />
    </>
  );
}
