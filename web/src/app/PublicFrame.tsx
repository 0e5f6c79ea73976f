import { Box, Center, Group, Paper, SegmentedControl, Text } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { setLanguage, type Language } from '@/i18n';
import { Logo } from '@/ui/Logo';

/** The frame of the pages for those who are not signed in: one card, and the choice of language. */
export function PublicFrame() {
  const { t, i18n } = useTranslation();
  return (
    <Center mih="100dvh" p="md">
      <Box component="main" w="100%" maw={420}>
        <Group gap="sm" justify="center" mb="lg">
          <Logo size={34} />
          <Text size="xl" fw={650}>
            {t('product')}
          </Text>
        </Group>
        <Paper withBorder shadow="xs" radius="md" p={{ base: 'md', xs: 'xl' }}>
          <Outlet />
        </Paper>
        <Center mt="md">
          <SegmentedControl
            size="xs"
            aria-label={t('languageName')}
            value={i18n.language}
            onChange={(language) => void setLanguage(language as Language)}
            data={[
              { value: 'en', label: 'English' },
              { value: 'ru', label: 'Русский' },
            ]}
          />
        </Center>
      </Box>
    </Center>
  );
}
