import type { ReactNode } from 'react';
import { Group, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { IconMail } from '@tabler/icons-react';

interface Props {
  icon: typeof IconMail;
  /** One line: why it is empty. */
  title: string;
  text?: string;
  /** Of the title: 1 where it is the page's own. */
  order?: 1 | 2;
  /** What to do next: one button. */
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, text, order = 2, children }: Props) {
  return (
    <Stack align="center" gap="xs" py={56} px="md" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light" color="gray">
        <Icon size={24} stroke={1.5} aria-hidden />
      </ThemeIcon>
      <Title order={order} size="h4">
        {title}
      </Title>
      {text && (
        <Text c="dimmed" size="sm" maw={440}>
          {text}
        </Text>
      )}
      {children && <Group mt="xs">{children}</Group>}
    </Stack>
  );
}
