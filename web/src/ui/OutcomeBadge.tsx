import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { outcomes, type Outcome } from './outcomes';

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation();
  const { color, icon: Icon } = outcomes[outcome];
  return (
    <Badge
      variant="default"
      tt="none"
      fw={500}
      miw="max-content"
      leftSection={<Icon size={13} aria-hidden color={`var(--mantine-color-${color}-6)`} />}
    >
      {t(`outcome.${outcome}`)}
    </Badge>
  );
}
