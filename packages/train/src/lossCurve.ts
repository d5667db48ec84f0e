import asciichart from 'asciichart';

/** A line chart of numbers for the terminal, at most `width` points wide: longer series are averaged in groups. Default 60 × 8. */
export function lossCurve(
  values: readonly number[],
  { width = 60, height = 8 }: { width?: number; height?: number } = {},
): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return '';
  const groups = Math.min(width, finite.length);
  const points = Array.from({ length: groups }, (_, i) => {
    const part = finite.slice(Math.floor((i * finite.length) / groups), Math.floor(((i + 1) * finite.length) / groups));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  return asciichart.plot(points, { height, format: (value: number) => value.toPrecision(3).padStart(9) });
}
