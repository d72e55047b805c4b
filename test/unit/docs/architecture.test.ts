import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The page about the architecture speaks of what is there. */

const page = readFileSync('docs/architecture.md', 'utf8');
/** What stands in backticks and looks like a file or folder of `src/`. */
const places = [...page.matchAll(/`((?:[\w-]+\/)*[\w-]+\.tsx?|(?:[\w-]+\/)+)`/g)].map(([, place]) => place as string);

describe('docs/architecture.md', () => {
  it('names no file and no folder that does not exist', () => {
    expect(places.length).toBeGreaterThan(60);
    expect(places.filter((place) => !isThere(place))).toEqual([]);
  });

  it('tells three journeys, of at most ten stops each, every one with the files where it happens', () => {
    const journeys = (/## Three journeys\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '').split(/^\*\*/m).slice(1);
    const stops = journeys.map((journey) => journey.split(/^\d+\. /m).slice(1));
    expect(stops.map(({ length }) => length <= 10 && length > 3)).toEqual([true, true, true]);
    expect(stops.flat().filter((stop) => !stop.includes('`'))).toEqual([]);
  });
});

/** A name without a folder is that of a file beside the last that was named with one. */
function isThere(place: string): boolean {
  if (existsSync(join('src', place)) || existsSync(place)) return true;
  const folders = places.filter((other) => other.includes('/')).map((other) => other.slice(0, other.lastIndexOf('/')));
  return folders.some((folder) => existsSync(join('src', folder, place)));
}
