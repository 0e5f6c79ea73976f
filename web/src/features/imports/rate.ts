export interface Point {
  /** ms. */
  at: number;
  rows: number;
}

const WINDOW = 10_000;

/** Keeps what of the points the rate is told from: the last 10 s, and one before. */
export function keep(points: readonly Point[], next: Point): Point[] {
  const from = points.findLastIndex(({ at }) => at < next.at - WINDOW);
  return [...points.slice(Math.max(0, from)), next];
}

/** Rows a second; undefined while that is not known. */
export function rateOf(points: readonly Point[]): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.at - first.at < 1000) return undefined;
  return ((last.rows - first.rows) * 1000) / (last.at - first.at);
}
