import { Alert, Anchor, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Fault } from './faults';

interface Props {
  faults: readonly Fault[];
  /** Goes to a line of the HTML. */
  onLine: (line: number) => void;
}

/** Why the message was not saved. */
export function Faults({ faults, onLine }: Props) {
  const { t } = useTranslation('messages');
  if (faults.length === 0) return null;
  return (
    <Alert
      color="red"
      variant="light"
      mt="sm"
      icon={<IconAlertTriangle aria-hidden />}
      title={t('fault.title')}
      role="alert"
    >
      <List size="sm" spacing={4}>
        {faults.map(({ field, line, message }, i) => (
          <List.Item key={i} style={{ overflowWrap: 'anywhere' }}>
            {field === 'text' && `${t('body.text')}, `}
            {line !== undefined &&
              (field === 'html' ? (
                <Anchor
                  component="button"
                  type="button"
                  inherit
                  underline="always"
                  onClick={() => {
                    onLine(line);
                  }}
                >
                  {t('fault.line', { line })}
                </Anchor>
              ) : (
                t('fault.line', { line })
              ))}
            {line !== undefined && ': '}
            {message}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
