import { describe, expect, it } from 'vitest';
import { clearField, composeFields, createField, type Field } from '../../../src/temporal/field.js';
import { InverseSearch } from '../../../src/temporal/inverse-search.js';
import { createPyramid, fillPyramid, type Plane, type Pyramid } from '../../../src/temporal/plane.js';
import { createScores, trustOf, warpScores } from '../../../src/temporal/propagate.js';
import { measure } from '../../../src/temporal/residual.js';
import { KernelMemory } from '../../../src/temporal/wasm.js';
import { frameOf, GRID, moved, type Scene, SIZE, texture } from './scenes.js';

const memory = new KernelMemory();

function pyramidOf(scene: Scene): Pyramid {
  const pyramid = createPyramid(memory, SIZE);
  const { pixels, geometry } = frameOf(0, scene);
  const rgb = memory.bytes(pixels.length);
  rgb.set(pixels);
  fillPyramid(pyramid, rgb, geometry);
  return pyramid;
}

function search(from: Scene, to: Scene) {
  const newer = pyramidOf(from);
  const field = createField(memory, GRID);
  const residual = memory.floats(GRID.width * GRID.height);
  const older = pyramidOf(to);
  new InverseSearch(memory, newer).run(newer, older, createField(memory, GRID), field);
  measure(newer[1] as Plane, older[1] as Plane, field, residual);
  return { field, residual };
}

/** Grid cells whose content can't have come from outside the picture. */
function inner(field: Field, visit: (index: number) => void): void {
  for (let y = 6; y < field.height - 6; y += 1) {
    for (let x = 6; x < field.width - 6; x += 1) visit(y * field.width + x);
  }
}

describe('motion search', () => {
  it.each([
    [0, 0],
    [3, 0],
    [-7, 5],
    [1.5, -2.5],
    [16, 9],
  ])('finds a picture that moved by (%d, %d) pixels, to half a pixel', (dx, dy) => {
    const { field } = search(moved(texture(), dx, dy), texture());
    let cells = 0;
    let right = 0;
    inner(field, (i) => {
      cells += 1;
      if (Math.hypot(4 * (field.dx[i] as number) + dx, 4 * (field.dy[i] as number) + dy) < 0.5) right += 1;
    });
    expect(right / cells).toBeGreaterThan(0.98);
  });

  it('takes a change of brightness for no motion', () => {
    const { field } = search((x, y) => texture()(x, y) * 0.9 + 10, texture());
    inner(field, (i) => {
      expect(Math.hypot(field.dx[i] as number, field.dy[i] as number)).toBeLessThan(0.25);
    });
  });

  it('leaves a residual where a picture has nothing in common with the other, and none where it only moved', () => {
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(search(moved(texture(), 4, 2), texture()).residual)).toBeLessThan(3);
    expect(mean(search(texture(1), texture(7)).residual)).toBeGreaterThan(10);
  });
});

it('a field over two steps is the sum of both along the way', () => {
  const [newer, older, both] = [createField(memory, GRID), createField(memory, GRID), createField(memory, GRID)];
  newer.dx.fill(2);
  older.dx.fill(-0.5);
  older.dy.fill(1.25);
  composeFields(newer, older, both);
  expect(both.dx.every((value) => value === 1.5)).toBe(true);
  expect(both.dy.every((value) => value === 1.25)).toBe(true);
});

describe('moving scores', () => {
  it('puts each score where its content is now, between cells too', () => {
    const scores = createScores(memory, GRID, 2);
    for (let i = 0, x = 0; i < GRID.width * GRID.height; i += 1, x = i % GRID.width) {
      scores.data[scores.lanes * i] = x / GRID.width;
      scores.data[scores.lanes * i + 1] = 1 - x / GRID.width;
    }
    const way = createField(memory, GRID);
    way.dx.fill(-2.5);
    const out = createScores(memory, GRID, 2);
    warpScores(scores, way, out);
    const at = out.lanes * (10 * GRID.width + 20);
    expect(out.data[at]).toBeCloseTo(17.5 / GRID.width, 5);
    expect((out.data[at] as number) + (out.data[at + 1] as number)).toBeCloseTo(1, 5);
  });

  it('trusts what fits, and neither what does not fit nor what came from outside the picture', () => {
    const way = createField(memory, GRID);
    clearField(way);
    const residual = memory.floats(GRID.width * GRID.height);
    const trust = memory.floats(residual.length);
    residual[0] = 100;
    way.dx[1] = -10;
    trustOf(way, residual, 2, trust);
    expect(trust[0]).toBeLessThan(0.1);
    expect(trust[1]).toBeLessThan(0.2);
    expect(trust[2]).toBe(1);
  });
});
