/** Attributes as text, different for whatever is different: JSON has no infinity, no NaN and no −0. */
export function showAttributes(attributes: unknown): string {
  return JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'number' ? exact(value) : value)) ?? '';
}

function exact(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}
