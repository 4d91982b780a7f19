const integers = new Intl.NumberFormat("en");

export const formatCount = (value: number): string => integers.format(value);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** First letters of the first and the last name, for the avatar. */
export function initials(fullName: string): string {
  const words = fullName.trim().split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("");
}

/** Share of hits in percent, undefined where nothing was asked yet. */
export function hitRate({ hits, misses }: { hits: number; misses: number }): number | undefined {
  const total = hits + misses;
  return total === 0 ? undefined : (100 * hits) / total;
}
