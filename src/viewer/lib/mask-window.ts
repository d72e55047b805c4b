/** Masks ahead of the playhead while it moves: two seconds at 30 fps. */
const AHEAD = 60;
/** On each side while it rests: stepping is then at once. */
const AROUND = 12;
const BEHIND = 4;

/**
 * Places of the masks to have, the most urgent first: the one under the playhead, then those that come next.
 * @param index of the playhead, among `length` frames
 */
export function windowOrder(index: number, length: number, playing: boolean): number[] {
  const order = [index];
  const ahead = playing ? AHEAD : AROUND;
  const behind = playing ? BEHIND : AROUND;
  if (playing) for (let by = 1; by <= ahead; by++) order.push(index + by);
  else for (let by = 1; by <= ahead; by++) order.push(index + by, index - by);
  if (playing) for (let by = 1; by <= behind; by++) order.push(index - by);
  return order.filter((place) => place >= 0 && place < length);
}
