/** A ratio with the interval that 95 of 100 repetitions of the same run would fall into. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * How many times `measured` is of `base`: the median of the ratios of neighbours, since what else the machine does in a
 * moment weighs on both alike. The interval is a bootstrap's, over the rounds.
 */
export function pairedRatio(measured: readonly number[], base: readonly number[]): Ratio {
  const ratios = measured.map((value, round) => value / (base[round] ?? Number.NaN));
  const again = Array.from({ length: 2000 }, () => median(ratios.map(() => pick(ratios))));
  return { value: median(ratios), low: quantile(again, 0.025), high: quantile(again, 0.975) };
}

/** The same list in another order. */
export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

function pick(values: readonly number[]): number {
  return values[Math.floor(Math.random() * values.length)] ?? Number.NaN;
}
