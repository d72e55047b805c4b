import type { Numbers } from '../onnx/element-types.js';
import type { TrialOutput } from '../session-protocol.js';

/** More distinct whole numbers than labels can have: counting on tells nothing. */
const MOST_VALUES = 300;

/** What the values of one output tell about its meaning; see `TrialOutput`. */
export function summarise(name: string, type: string, shape: readonly number[], values: Numbers): TrialOutput {
  let [min, max, whole, unusable] = [Infinity, -Infinity, true, 0];
  const distinct = new Set<number>();
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (Number.isNaN(value) || value === Infinity) unusable += 1;
    if (value < min) min = value;
    if (value > max) max = value;
    whole &&= Number.isInteger(value);
    if (whole && distinct.size <= MOST_VALUES) distinct.add(value);
  }
  const sumsToOne = shape.flatMap((length, axis) => (length > 1 && sumsTo1(values, shape, axis) ? [axis] : []));
  const seen = whole && distinct.size <= MOST_VALUES ? [...distinct].sort((a, b) => a - b) : undefined;
  return { name, type, shape, min, max, whole, unusable: unusable / values.length, values: seen, sumsToOne };
}

/**
 * What several runs show together. A run on values that the network isn't made for may overflow: it says nothing as long as another one
 * has gone well.
 * @param runs of one network, each with the same outputs
 */
export function together(runs: readonly (readonly TrialOutput[])[]): readonly TrialOutput[] {
  const [first = []] = runs;
  return first.map((output, place) => {
    const all = runs.map((outputs) => outputs[place] ?? output);
    const sound = all.filter(({ unusable }) => unusable === 0);
    const [one = output, ...more] = sound.length > 0 ? sound : all;
    return more.reduce(both, one);
  });
}

function both(a: TrialOutput, b: TrialOutput): TrialOutput {
  const values = a.values && b.values ? [...new Set([...a.values, ...b.values])].sort((x, y) => x - y) : undefined;
  return {
    ...a,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    whole: a.whole && b.whole,
    unusable: Math.max(a.unusable, b.unusable),
    values: values && values.length <= MOST_VALUES ? values : undefined,
    sumsToOne: a.sumsToOne.filter((axis) => b.sumsToOne.includes(axis)),
  };
}

function sumsTo1(values: Numbers, shape: readonly number[], axis: number): boolean {
  const length = shape[axis] as number;
  const step = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  for (let start = 0; start < values.length; start += 1) {
    if (Math.floor(start / step) % length !== 0) continue;
    let sum = 0;
    for (let index = 0; index < length; index += 1) sum += values[start + index * step] as number;
    // Half precision is off by up to 2⁻¹¹ a value.
    if (!(Math.abs(sum - 1) <= 4e-3)) return false;
  }
  return values.length > 0;
}
