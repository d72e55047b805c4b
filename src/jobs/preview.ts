import sharp from 'sharp';
import type { Clock } from '../core/clock.js';
import type { Frame } from '../core/frame.js';
import type { FrameGeometry, Size } from '../core/geometry.js';
import type { Mask } from '../core/mask.js';
import type { ModelInfo } from '../core/model.js';
import type { Inference, Observation, TemporalEngine } from '../core/ports.js';
import { type Milliseconds, ms } from '../core/time.js';
import type { OverlayStyle } from '../delivery/pictures/overlay.js';
import type { Painter } from '../delivery/pictures/painter.js';
import type { Logger } from '../telemetry/logger.js';

/**
 * Pictures of a run for people who look at it.
 *
 * In: frames and masks as they pass. Out: the newest JPEG with its overlay. Always holds: nothing is copied or drawn unless somebody
 * has asked lately, and never more than two pictures a second. The picture is the one that the network saw: decoding makes no other.
 */

/** Longest side in pixels. */
const LONGEST_SIDE = 640;
/** Between two pictures. */
const INTERVAL = ms(500);
/** Somebody looks for so long after they last asked. */
const PATIENCE = ms(5000);
const QUALITY = 85;

export interface PreviewParts {
  readonly model: ModelInfo;
  readonly style: OverlayStyle;
  readonly painter: Painter;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Kept {
  readonly frame: Pick<Frame, 'number' | 'pts' | 'capturedAt' | 'discontinuity' | 'geometry'>;
  /** RGB24 of `geometry.content`. */
  readonly pixels: Uint8Array;
}

export class Preview {
  private asked: Milliseconds | undefined;
  private made: Milliseconds | undefined;
  private newest: Uint8Array | undefined;
  /** The one frame whose mask is awaited, or whose picture is being drawn. */
  private kept: Kept | undefined;

  constructor(private readonly parts: PreviewParts) {}

  /** The newest picture; asking is what has them made. */
  latest(): Uint8Array | undefined {
    this.asked = this.parts.clock.now();
    return this.newest;
  }

  /** An engine that shows what passes through `engine`. */
  watching(engine: TemporalEngine): TemporalEngine {
    return new WatchedEngine(engine, this);
  }

  observed(frame: Frame): void {
    const now = this.parts.clock.now();
    const wanted = this.asked !== undefined && now - this.asked < PATIENCE;
    if (!wanted || this.kept || (this.made !== undefined && now - this.made < INTERVAL)) return;
    const { number, pts, capturedAt, discontinuity, geometry } = frame;
    this.made = now;
    this.kept = {
      frame: { number, pts, capturedAt, discontinuity, geometry },
      pixels: contentOf(frame.pixels.data, geometry),
    };
  }

  applied(number: number, mask: Mask): void {
    const { kept } = this;
    if (kept?.frame.number !== number) return;
    void this.draw(kept, mask).finally(() => {
      this.kept = undefined;
    });
  }

  /** The engine that held the frame is gone. */
  forget(): void {
    this.kept = undefined;
  }

  private async draw({ frame, pixels }: Kept, mask: Mask): Promise<void> {
    const { model, style, painter, logger } = this.parts;
    const { content, source } = frame.geometry;
    try {
      const raw = { ...content, channels: 3 as const };
      const size = fitted(source);
      const jpeg = await sharp(pixels, { raw })
        .resize({ ...size, fit: 'fill' })
        .jpeg({ quality: QUALITY })
        .toBuffer();
      this.newest = await painter.draw({ ...frame, jpeg, mask }, model, style);
    } catch (error) {
      logger.debug({ err: error }, 'a preview could not be drawn');
    }
  }
}

class WatchedEngine implements TemporalEngine {
  constructor(
    private readonly engine: TemporalEngine,
    private readonly preview: Preview,
  ) {}

  observe(frame: Frame, load: { readonly freeSlots: number }): Promise<Observation> {
    this.preview.observed(frame);
    return this.engine.observe(frame, load);
  }

  async apply(number: number, inference: Inference | undefined): Promise<Mask> {
    const mask = await this.engine.apply(number, inference);
    this.preview.applied(number, mask);
    return mask;
  }

  late(number: number, inference: Inference): Promise<void> {
    return this.engine.late(number, inference);
  }

  configure(settings: Parameters<TemporalEngine['configure']>[0]): void {
    this.engine.configure(settings);
  }

  async close(): Promise<void> {
    this.preview.forget();
    await this.engine.close();
  }
}

function contentOf(plane: Uint8Array, { analysis, content }: FrameGeometry): Uint8Array {
  const out = new Uint8Array(content.width * content.height * 3);
  for (let y = 0; y < content.height; y++) {
    const from = y * analysis.width * 3;
    out.set(plane.subarray(from, from + content.width * 3), y * content.width * 3);
  }
  return out;
}

function fitted({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
