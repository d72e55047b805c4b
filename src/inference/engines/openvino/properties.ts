import type { OpenvinoChoice } from '../../session-protocol.js';

/** What a network is compiled with, as OpenVINO wants it: key, value, key, value. */
export function propertiesOf({
  device,
  threads,
  precision,
}: Pick<OpenvinoChoice, 'device' | 'precision'> & { readonly threads: number }): readonly string[] {
  const properties: Record<string, string> = { PERFORMANCE_HINT: 'LATENCY' };
  if (precision !== 'auto') properties.INFERENCE_PRECISION_HINT = precision;
  if (device === 'CPU') {
    properties.INFERENCE_NUM_THREADS = String(threads);
    properties.NUM_STREAMS = '1';
    // Threads tied to a core would wait there for ffmpeg and for each other's sessions.
    properties.ENABLE_CPU_PINNING = 'NO';
  }
  return Object.entries(properties).flat();
}
