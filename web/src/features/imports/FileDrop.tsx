import '@mantine/dropzone/styles.css';
import { Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { IconFileSpreadsheet } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { FileFault } from './useFile';

interface Props {
  onFile: (file: File) => void;
  fault: FileFault | undefined;
}

export function FileDrop({ onFile, fault }: Props) {
  const { t } = useTranslation('imports');
  return (
    <Stack gap="xs">
      <Dropzone
        multiple={false}
        onDrop={(files) => {
          if (files[0]) onFile(files[0]);
        }}
        aria-label={t('drop.label')}
        p={{ base: 'lg', sm: 48 }}
      >
        <Stack align="center" gap="xs" style={{ pointerEvents: 'none' }}>
          <IconFileSpreadsheet size={40} stroke={1.3} aria-hidden />
          <Text fw={550} ta="center">
            {t('drop.title')}
          </Text>
          <Text size="sm" c="dimmed" ta="center" maw={460}>
            {t('drop.text')}
          </Text>
        </Stack>
      </Dropzone>
      {fault && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {t(`drop.${fault}`)}
        </Text>
      )}
    </Stack>
  );
}
