import { useTranslation } from 'react-i18next';
import { useFormat } from '@/lib/useFormat';

/** Sizes of files in words: 12 KB, 3.4 MB. */
export function useSize() {
  const { t } = useTranslation('imports');
  const { number } = useFormat();
  return (bytes: number): string => {
    if (bytes < 1000) return t('size.b', { size: number(bytes) });
    if (bytes < 1e6) return t('size.kb', { size: number(bytes / 1e3) });
    if (bytes < 1e9) return t('size.mb', { size: number(bytes / 1e6, 1) });
    return t('size.gb', { size: number(bytes / 1e9, 2) });
  };
}
