import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Attempt } from '@/api/sending';
import { Figure } from '../Figure';
import { outcomes, type Outcome } from '../outcomes';
import { pendingOf, tilesOf } from './figures';
import classes from './Tiles.module.css';

function Content({ outcome, value }: { outcome: Outcome; value: number | null }) {
  const { t } = useTranslation();
  const { icon: Icon, color } = outcomes[outcome];
  return (
    <>
      <div className={classes.value}>
        <Figure value={value} />
      </div>
      <div className={classes.name}>
        <Icon size={14} aria-hidden color={`var(--mantine-color-${color}-6)`} />
        {t(`outcome.${outcome}`)}
      </div>
    </>
  );
}

/** Recipients by outcome; each tile opens the delivery log with those alone. */
export function Tiles({ attempt, chosen }: { attempt: Attempt; chosen?: Outcome | undefined }) {
  const { t } = useTranslation();
  return (
    <nav className={classes.tiles} aria-label={t('attempt.tiles')}>
      {tilesOf(attempt).map((outcome) => (
        <Link
          key={outcome}
          to="/attempts/$attemptId"
          params={{ attemptId: attempt.id }}
          search={outcome === chosen ? {} : { outcome }}
          hash="log"
          className={classes.tile}
          data-chosen={outcome === chosen || undefined}
          aria-current={outcome === chosen || undefined}
        >
          <Content outcome={outcome} value={attempt[outcome]} />
        </Link>
      ))}
      {attempt.status === 'running' && (
        <div className={classes.tile}>
          <Content outcome="pending" value={pendingOf(attempt)} />
        </div>
      )}
    </nav>
  );
}
