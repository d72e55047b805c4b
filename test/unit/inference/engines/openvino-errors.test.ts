import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../../src/inference/engines/openvino/errors.js';

/** What OpenVINO 2026.4 says, shortened in the middle. */
const UNKNOWN_OPERATOR = `Exception from src/inference/src/cpp/core.cpp:84:
Model wasn't fully converted. Failed operations detailed log:
-- Conv-13 with a message:
While validating ONNX node '<Node(Conv): logits>': Check 'data.get_partial_shape().rank().is_static()' failed at src/conv.cpp:38:

Summary:
-- No conversion rule found for operations: AveragePooX-13
-- Conversion is failed for: Conv-13
`;

describe("OpenVINO's words become words for people", () => {
  it.each([
    [UNKNOWN_OPERATOR, 'OpenVINO has no implementation of its operators AveragePooX-13'],
    ['Unable to read the model: /home/someone/model.onnx', 'OpenVINO takes it for no complete ONNX file'],
    ['std::bad_alloc', 'there is not enough memory for it'],
    [
      'Exception from src/core.cpp:1:\nCheck x failed at src/y.cpp:2:\nthe plugin has gone from /home/someone/it.so\n',
      'OpenVINO says "the plugin has gone from it.so"',
    ],
  ])('%#', (text, words) => {
    expect(reasonOf(new Error(text))).toBe(words);
  });
});
