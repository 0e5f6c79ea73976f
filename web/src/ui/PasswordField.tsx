import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** A password; `fresh` for one that is being chosen. */
export function PasswordField({ fresh = false, ...props }: PasswordInputProps & { fresh?: boolean }) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      autoComplete={fresh ? 'new-password' : 'current-password'}
      maxLength={1000}
      visibilityToggleButtonProps={{ 'aria-label': t('showPassword'), tabIndex: 0 }}
      aria-invalid={Boolean(props.error) || undefined} // the component marks its frame alone
      {...props}
    />
  );
}
