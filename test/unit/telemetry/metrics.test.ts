import { describe, expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { Metrics } from '../../../src/telemetry/metrics.js';

const lines = async (metrics: Metrics, name: string) =>
  (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(name));

describe('metrics', () => {
  it('add up what happens to each stream', async () => {
    const metrics = new Metrics();
    metrics.onFrame('one', 'inferred');
    metrics.onFrame('one', 'propagated');
    metrics.onFrame('one', 'propagated');
    metrics.onDrop('one', 'pipeline-busy', 7);
    metrics.onStage('one', 'infer', ms(120));
    expect(await lines(metrics, 'maskcast_frames_total')).toEqual([
      'maskcast_frames_total{stream="one",origin="inferred"} 1',
      'maskcast_frames_total{stream="one",origin="propagated"} 2',
    ]);
    expect(await lines(metrics, 'maskcast_dropped')).toEqual([
      'maskcast_dropped_frames_total{stream="one",cause="pipeline-busy"} 7',
    ]);
    expect(await lines(metrics, 'maskcast_stage_seconds_sum')).toEqual([
      'maskcast_stage_seconds_sum{stream="one",stage="infer"} 0.12',
    ]);
  });

  it('read states, viewers and workers at each scrape', async () => {
    const metrics = new Metrics();
    let state: 'live' | 'stalled' = 'live';
    metrics.watch({
      streams: () => [{ id: 'one', state, losses: 3, lastFrameAt: 1_700_000_000_500 }],
      viewers: () => 2,
      inference: () => ({
        ...{ workers: 1, inFlight: 4, restarts: 0 },
        engines: [{ model: 'street', name: 'openvino', version: '2026.4.1', device: 'CPU', precision: 'bf16' }],
      }),
    });
    expect(await lines(metrics, 'maskcast_stream_state{stream="one",state="live"}')).toEqual([
      'maskcast_stream_state{stream="one",state="live"} 1',
    ]);
    state = 'stalled';
    const text = await metrics.registry.metrics();
    expect(text).toContain('maskcast_stream_state{stream="one",state="live"} 0');
    expect(text).toContain('maskcast_stream_state{stream="one",state="stalled"} 1');
    expect(text).toContain('maskcast_stream_last_frame_timestamp_seconds{stream="one"} 1700000000.5');
    expect(text).toContain('maskcast_viewers{stream="one"} 2');
    expect(text).toContain('maskcast_inference_in_flight 4');
    expect(text).toContain(
      'maskcast_inference_engine_info{model="street",name="openvino",version="2026.4.1",device="CPU",precision="bf16"} 1',
    );
  });

  it('of a removed stream vanish, of the others stay', async () => {
    const metrics = new Metrics();
    for (const stream of ['one', 'two']) {
      metrics.onFrame(stream, 'inferred');
      metrics.onStage(stream, 'pack', ms(1));
      metrics.onDrop(stream, 'viewer-slow', 1);
      metrics.onSent(stream, 100);
    }
    await metrics.forget('one');
    const text = await metrics.registry.metrics();
    expect(text).not.toContain('stream="one"');
    expect(text).toContain('maskcast_frames_total{stream="two",origin="inferred"} 1');
    expect(text).toContain('maskcast_stage_seconds_count{stream="two",stage="pack"} 1');
  });
});
