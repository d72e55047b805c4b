import { describe } from 'vitest';
import type { EngineName } from '../../src/core/model.js';
import type { EngineWish } from '../../src/inference/engines/choose.js';
import { locateLibrary } from '../../src/inference/engines/openvino/locate.js';

/** The environment of commands that run in the test's own process: see vitest.config.ts. */
export const ENGINE = { MASKCAST_INFERENCE_ENGINE: 'onnxruntime' };

/** An engine, and how a segmenter is asked for it. */
export interface TestedEngine {
  readonly name: EngineName;
  readonly wish: EngineWish;
}

/** Path of OpenVINO's C library; undefined where it isn't installed. */
export const openvinoLibrary = await locateLibrary({});

const OPENVINO: EngineWish = {
  engine: 'openvino',
  // Tests of what networks compute: no rounding beside that of the network, nothing from an earlier run.
  openvino: { precision: 'f32', cacheDir: 'none' },
};

/** The same tests for every engine; those of one that isn't installed are skipped, and say why. */
export function forEveryEngine(tests: (engine: TestedEngine) => void): void {
  describe('on onnxruntime', () => tests({ name: 'onnxruntime', wish: { engine: 'onnxruntime' } }));
  describeOpenvino('on openvino', () => tests({ name: 'openvino', wish: OPENVINO }));
}

export function describeOpenvino(name: string, tests: () => void): void {
  if (openvinoLibrary === undefined) describe.skip(`${name}: not installed here (./setup.sh --openvino)`, tests);
  else describe(name, tests);
}
