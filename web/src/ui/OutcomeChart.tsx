import { useState } from 'react';
import { Box, Group, Table, Text, UnstyledButton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { Schema } from '@/api/client';
import { useFormat } from '@/lib/useFormat';
import { outcomeOrder, outcomes, type Outcome } from './outcomes';
import { ticks } from './scale';
import classes from './OutcomeChart.module.css';

type Counted = Exclude<Outcome, 'pending'>;
const order = outcomeOrder as readonly Counted[];

export interface Bar {
  key: string;
  /** Under the axis; short. */
  label: string;
  /** In full, for the tooltip and the table. */
  name: string;
  totals: Schema<'Counts'>;
}

const HEIGHT = 190;
const BOTTOM = 22;
const TOP = 8;

/** Bars over time stacked by outcome, with the same numbers as a table beside them. */
export function OutcomeChart({ title, bars }: { title: string; bars: readonly Bar[] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { ref, width } = useElementSize();
  const [seen, setSeen] = useState<number>();
  const [asTable, setAsTable] = useState(false);
  const sums = bars.map(({ totals }) => order.reduce((sum, outcome) => sum + totals[outcome], 0));
  const shown = order.filter((outcome) => bars.some(({ totals }) => totals[outcome] > 0));
  const most = Math.max(0, ...sums);
  if (most === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('chart.none')}
      </Text>
    );
  const marks = ticks(most);
  const top = marks.at(-1) ?? 1;
  const left = 12 + 7 * number(top).length;
  const inner = Math.max(width - left, 60);
  const step = inner / bars.length;
  const y = (value: number) => TOP + (HEIGHT - TOP) * (1 - value / top);
  const every = Math.max(1, Math.ceil(56 / step));
  const bar = seen === undefined ? undefined : bars[seen];
  const words = ({ name, totals }: Bar, sum: number) =>
    [
      `${name}: ${number(sum)}`,
      ...shown.filter((o) => totals[o] > 0).map((o) => `${t(`outcome.${o}`)}: ${number(totals[o])}`),
    ].join(', ');
  return (
    <div>
      <Group gap="md" mb={6} mih={22} wrap="wrap">
        {shown.map((outcome) => {
          const { icon: Icon, color } = outcomes[outcome];
          return (
            <Group key={outcome} gap={5} wrap="nowrap">
              <Icon size={14} aria-hidden color={`var(--mantine-color-${color}-6)`} />
              <Text size="xs">
                {t(`outcome.${outcome}`)}
                {bar && <span className="tabular"> {number(bar.totals[outcome])}</span>}
              </Text>
            </Group>
          );
        })}
        {bar && (
          <Text size="xs" c="dimmed">
            {bar.name}
          </Text>
        )}
      </Group>
      <Box
        ref={ref}
        onMouseLeave={() => {
          setSeen(undefined);
        }}
      >
        {width > 0 && (
          <svg
            className={classes.chart}
            width={width}
            height={HEIGHT + BOTTOM}
            viewBox={`0 0 ${String(width)} ${String(HEIGHT + BOTTOM)}`}
            role="img"
            aria-label={[
              t('chart.label', { title }),
              ...bars.flatMap((b, i) => ((sums[i] ?? 0) > 0 ? [words(b, sums[i] ?? 0)] : [])),
            ].join('; ')}
          >
            {marks.map((mark) => (
              <g key={mark}>
                <line className={classes.line} x1={left} x2={width} y1={y(mark)} y2={y(mark)} />
                <text className={classes.axis} x={left - 6} y={y(mark) + 4} textAnchor="end">
                  {number(mark)}
                </text>
              </g>
            ))}
            {bars.map(({ key, label, totals }, i) => {
              let below = 0;
              const thick = Math.max(1, Math.min(step * 0.72, 36));
              const x = left + i * step + (step - thick) / 2;
              return (
                <g
                  key={key}
                  className={classes.column}
                  onMouseEnter={() => {
                    setSeen(i);
                  }}
                >
                  <rect
                    className={classes.ground}
                    x={left + i * step}
                    y={TOP}
                    width={step}
                    height={HEIGHT - TOP}
                  />
                  {shown.map((outcome) => {
                    const from = below;
                    below += totals[outcome];
                    return (
                      totals[outcome] > 0 && (
                        <rect
                          key={outcome}
                          x={x}
                          width={thick}
                          y={y(below)}
                          height={Math.max(y(from) - y(below), 0.5)}
                          fill={`var(--mantine-color-${outcomes[outcome].color}-6)`}
                        />
                      )
                    );
                  })}
                  {i % every === 0 && (
                    <text
                      className={classes.axis}
                      x={left + (i + 0.5) * step}
                      y={HEIGHT + 15}
                      textAnchor="middle"
                    >
                      {label}
                    </text>
                  )}
                </g>
              );
            })}
          </svg>
        )}
      </Box>
      <UnstyledButton
        aria-expanded={asTable}
        onClick={() => {
          setAsTable(!asTable);
        }}
      >
        <Text size="xs" c="var(--mantine-color-anchor)" td="underline">
          {t('chart.table')}
        </Text>
      </UnstyledButton>
      {asTable && <BarTable title={title} bars={bars} sums={sums} shown={shown} />}
    </div>
  );
}

function BarTable({
  title,
  bars,
  sums,
  shown,
}: {
  title: string;
  bars: readonly Bar[];
  sums: readonly number[];
  shown: readonly Counted[];
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  return (
    <Table.ScrollContainer minWidth={320} mah={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={title} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('chart.when')}</Table.Th>
            {shown.map((outcome) => (
              <Table.Th key={outcome} ta="end">
                {t(`outcome.${outcome}`)}
              </Table.Th>
            ))}
            <Table.Th ta="end">{t('chart.all')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {bars.map(({ key, name, totals }, i) => (
            <Table.Tr key={key}>
              <Table.Td>{name}</Table.Td>
              {shown.map((outcome) => (
                <Table.Td key={outcome} ta="end" className="tabular">
                  {number(totals[outcome])}
                </Table.Td>
              ))}
              <Table.Td ta="end" className="tabular">
                {number(sums[i] ?? 0)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
