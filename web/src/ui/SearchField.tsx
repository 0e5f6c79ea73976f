import { useEffect, useState } from 'react';
import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  /** What is searched for now. */
  value: string;
  /** Called when typing has paused. */
  onSearch: (value: string) => void;
}

/** A search that follows the typing. */
export function SearchField({ label, value, onSearch }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // It was changed elsewhere, by the back button say.
    setKnown(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => {
      onSearch(text.trim());
    }, 300);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value, onSearch]);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      maxLength={254}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text !== '' && (
          <CloseButton
            size="sm"
            aria-label={t('action.clear')}
            onClick={() => {
              setText('');
              onSearch('');
            }}
          />
        )
      }
      flex={1}
      miw={200}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
    />
  );
}
