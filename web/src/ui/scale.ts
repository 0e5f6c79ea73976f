/** The marks of an axis from 0 on: three or so, at round numbers, the last at `most` or above. */
export function ticks(most: number): number[] {
  if (most <= 0) return [0, 1];
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power);
  const out = [0];
  while ((out.at(-1) ?? 0) < most) out.push(out.length * step);
  return out;
}
