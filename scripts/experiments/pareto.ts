/** A network as a point: what it costs (less is better) and what it scores (more is better). */
export interface Point {
  readonly cost: number;
  readonly score: number;
}

/** The points that no other one beats in both, from the cheapest to the dearest; of equal points, the first. */
export function paretoFront<Kind extends Point>(points: readonly Kind[]): readonly Kind[] {
  const sorted = [...points].sort((a, b) => a.cost - b.cost || b.score - a.score);
  const front: Kind[] = [];
  for (const point of sorted) if (point.score > (front.at(-1)?.score ?? -Infinity)) front.push(point);
  return front;
}
