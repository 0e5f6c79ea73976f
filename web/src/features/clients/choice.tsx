import { createContext, memo, use } from 'react';
import { useTranslation } from 'react-i18next';
import type { Client } from './queries';
import type { Selection } from './selection';
import classes from './table.module.css';

/** What is chosen, for the cells of the table: they alone are drawn again when it changes, not the rows around them. */
export interface Choice {
  selection: Selection;
  state: 'all' | 'some' | 'none';
  toggleAll: () => void;
  /** Chooses or lets go of one, with `range` of all from the last one on. The same function always. */
  choose: (client: Client, range: boolean) => void;
}

export const ChoiceContext = createContext<Choice | null>(null);

export function ChooseOne({ client }: { client: Client }) {
  const choice = use(ChoiceContext);
  return choice && <Box client={client} checked={choice.selection.has(client.id)} choose={choice.choose} />;
}

const Box = memo(function Box(props: { client: Client; checked: boolean; choose: Choice['choose'] }) {
  const { client, checked, choose } = props;
  const { t } = useTranslation('clients');
  return (
    <input
      type="checkbox"
      className={classes.box}
      aria-label={t('select.one', { email: client.email })}
      checked={checked}
      onChange={(event) => {
        choose(client, (event.nativeEvent as MouseEvent).shiftKey);
      }}
    />
  );
});

export function ChooseAll() {
  const { t } = useTranslation('clients');
  const choice = use(ChoiceContext);
  return (
    choice && (
      <input
        type="checkbox"
        className={classes.box}
        aria-label={t('select.loaded')}
        checked={choice.state === 'all'}
        ref={(element) => {
          if (element) element.indeterminate = choice.state === 'some';
        }}
        onChange={choice.toggleAll}
      />
    )
  );
}
