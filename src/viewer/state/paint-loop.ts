/** One animation frame paints everything that has become ready since the last. */

type Paint = () => void;

let waiting: Paint[] = [];

export function inNextFrame(paint: Paint): void {
  waiting.push(paint);
  if (waiting.length === 1) requestAnimationFrame(run);
}

function run(): void {
  const due = waiting;
  waiting = [];
  for (const paint of due) paint();
}
