import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameGeometry } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';
import type { EngineInfo } from '../core/model.js';
import { makeFolder } from '../flow/durable.js';

/** What the network says of one plane, and how long it took alone. */
export interface NetworkResult {
  readonly scores: ScoreMap;
  /** In ms; of the run that made the scores, where they come from the cache. */
  readonly runTime: number;
}

/** A plane for the network, and how much of it is picture. */
export interface NetworkPlane extends Pick<FrameGeometry, 'analysis' | 'content'> {
  /** RGB24 of `analysis` */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/**
 * Scores on disk, so that a network runs once over a clip however often policies are compared on it. In: a network's checksum and planes.
 * Out: what it said of them before. Always holds: scores of another network or another plane are never found; a file that
 * was cut short counts as missing.
 *
 * A file is named after the plane's digest and holds 32-bit floats in the machine's byte order: classes, width, height, ms of the run, then
 * the scores (CHW).
 */
export class ScoreCache {
  private readonly folder: string;

  /**
   * @param model SHA-256 of the network's file
   * @param engine what runs it: engines round differently
   */
  constructor(parent: string, model: string, engine?: EngineInfo) {
    const kind =
      engine === undefined || engine.name === 'onnxruntime' ? [] : [engine.name, engine.device, engine.precision];
    this.folder = join(parent, [model.slice(0, 16), ...kind].join('-'));
  }

  async find(plane: NetworkPlane): Promise<NetworkResult | undefined> {
    const bytes = await readFile(this.path(plane)).catch(() => undefined);
    if (!bytes || bytes.length < HEADER * 4 || bytes.length % 4 !== 0) return undefined;
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const [classes, width, height, runTime] = values as unknown as [number, number, number, number];
    if (values.length !== HEADER + classes * width * height) return undefined;
    return { scores: { classes, size: { width, height }, data: values.slice(HEADER) }, runTime };
  }

  async keep(plane: NetworkPlane, { scores, runTime }: NetworkResult): Promise<void> {
    const { classes, size, data } = scores;
    const values = new Float32Array(HEADER + data.length);
    values.set([classes, size.width, size.height, runTime]);
    values.set(data, HEADER);
    await makeFolder(this.folder);
    await writeFile(this.path(plane), Buffer.from(values.buffer));
  }

  private path({ pixels, analysis, content }: NetworkPlane): string {
    const sizes = `${analysis.width}x${analysis.height} ${content.width}x${content.height}:`;
    const digest = createHash('sha256').update(sizes).update(pixels).digest('hex');
    return join(this.folder, `${digest.slice(0, 40)}.f32`);
  }
}

const HEADER = 4;
