import { useId, type ReactNode } from 'react';
import { Group, Paper, Text, Title } from '@mantine/core';

interface Props {
  title: string;
  badge?: ReactNode;
  text?: string;
  /** Where a link may lead to it. */
  id?: string;
  children: ReactNode;
}

export function Section({ title, badge, text, id, children }: Props) {
  const heading = useId();
  return (
    <Paper
      component="section"
      withBorder
      radius="md"
      p={{ base: 'md', xs: 'lg' }}
      aria-labelledby={heading}
      id={id}
    >
      <Group gap="sm" mb={text ? 4 : 'md'}>
        <Title order={2} size="h4" id={heading}>
          {title}
        </Title>
        {badge}
      </Group>
      {text && (
        <Text size="sm" c="dimmed" mb="md">
          {text}
        </Text>
      )}
      {children}
    </Paper>
  );
}
