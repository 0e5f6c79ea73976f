import type { ReactNode } from 'react';
import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

interface Props {
  title: string;
  /** The one primary action of the page, and what belongs beside it. */
  action?: ReactNode;
  /** Beside the title: a badge of the status, say. */
  badge?: ReactNode;
  /** The pages above this one, from the second level on. */
  above?: readonly { to: string; title: string }[];
  text?: ReactNode;
}

/** Title, breadcrumbs and action of a page; it also names the browser's tab. */
export function PageHeader({ title, action, badge, above = [], text }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap={4} mb="lg">
      <title>{`${title} · ${t('product')}`}</title>
      {above.length > 0 && (
        <nav aria-label={t('nav.breadcrumbs')}>
          <Breadcrumbs
            separatorMargin={6}
            styles={{
              root: { flexWrap: 'wrap' },
              breadcrumb: { whiteSpace: 'normal', overflowWrap: 'anywhere', paddingBlock: 5 },
            }}
          >
            {above.map((page) => (
              <Anchor key={page.to} component={Link} to={page.to} size="sm">
                {page.title}
              </Anchor>
            ))}
          </Breadcrumbs>
        </nav>
      )}
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={1}>{title}</Title>
          {badge}
        </Group>
        {action}
      </Group>
      {text && (
        <Text c="dimmed" size="sm">
          {text}
        </Text>
      )}
    </Stack>
  );
}
