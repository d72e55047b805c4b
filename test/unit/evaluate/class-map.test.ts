import { describe, expect, it } from 'vitest';
import { mapClasses } from '../../../src/evaluate/class-map.js';

const classes = (...names: string[]) => names.map((name, id) => ({ id, name }));
const cameras = { classes: classes('other', 'person', 'vehicle'), ignoreIndex: 255 };

describe('classes of a network and of a data set', () => {
  it('meet by name, in whatever order', () => {
    const { fromModel, fromLabel } = mapClasses(classes('vehicle', 'other', 'person'), cameras);
    expect([...fromModel]).toEqual([2, 0, 1]);
    expect([...fromLabel.subarray(0, 4)]).toEqual([0, 1, 2, 255]);
    expect(fromLabel[255]).toBe(255);
  });

  it('can be told to meet under other names', () => {
    const { fromModel } = mapClasses(classes('road', 'car', 'pedestrian', 'bus'), cameras, {
      rename: { car: 'vehicle', bus: 'vehicle', pedestrian: 'person', '*': 'other' },
    });
    expect([...fromModel]).toEqual([0, 2, 1, 2]);
  });

  it('can be merged on the side of the data set', () => {
    const { fromModel, fromLabel } = mapClasses(classes('other', 'person'), cameras, { merge: { vehicle: 'other' } });
    expect([...fromModel]).toEqual([0, 1]);
    expect([...fromLabel.subarray(0, 3)]).toEqual([0, 1, 0]);
  });

  it('never count the ignore index, even where it lies among the classes', () => {
    const { fromLabel } = mapClasses(
      classes('sky', 'road'),
      { classes: classes('sky', 'road', 'void'), ignoreIndex: 2 },
      {
        merge: { void: 'road' },
      },
    );
    expect(fromLabel[2]).toBe(255);
  });

  it('that do not meet are named, both ways', () => {
    expect(() => mapClasses(classes('other', 'pedestrian', 'vehicle'), cameras)).toThrowError(
      expect.objectContaining({
        code: 'DATASET_INVALID',
        message:
          "the data set has no class for the network's pedestrian (see --map); " +
          "the network has no class for the data set's person (see --map, --merge)",
      }),
    );
  });

  it('that do not exist are refused', () => {
    expect(() =>
      mapClasses(classes('other', 'person', 'vehicle'), cameras, { rename: { car: 'vehicle' } }),
    ).toThrowError('the network has no class "car"; its classes are other, person, vehicle');
    expect(() =>
      mapClasses(classes('other', 'person', 'vehicle'), cameras, { merge: { car: 'vehicle' } }),
    ).toThrowError('the data set has no class "car"; its classes are other, person, vehicle');
  });
});
