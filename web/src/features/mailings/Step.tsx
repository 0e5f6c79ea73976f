import type { ReactNode } from 'react';
import { Fieldset, Stack, Text } from '@mantine/core';

export function Step({
  number,
  title,
  text,
  children,
}: {
  number: number;
  title: string;
  text?: string;
  children: ReactNode;
}) {
  return (
    <Fieldset legend={<Text fw={600}>{`${String(number)}. ${title}`}</Text>} radius="sm">
      <Stack gap="sm">
        {text && (
          <Text size="sm" c="dimmed">
            {text}
          </Text>
        )}
        {children}
      </Stack>
    </Fieldset>
  );
}
