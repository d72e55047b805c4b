import { MaskcastError } from '../../core/errors.js';
import type { ModelInfo } from '../../core/model.js';
import type { SegmentedFrame } from '../../core/ports.js';
import { WorkerLink } from '../../flow/worker-link.js';
import { drawnClasses, type OverlayStyle } from './overlay.js';
import type { PainterMethods } from './painter-worker.js';

/**
 * Draws overlays in a thread of its own, which starts with the first picture.
 *
 * In: segmented frames and styles. Out: JPEGs. Always holds: the main thread touches no pixel; a thread that died is replaced
 * by the next call; `close` waits for what is being drawn, since the codec must not lose its thread in mid-work.
 */
export class Painter {
  private link: WorkerLink<PainterMethods> | undefined;
  private readonly underWay = new Set<Promise<unknown>>();
  private closed = false;

  /**
   * The frame's picture with its mask drawn in; the camera's own JPEG where there is nothing to draw.
   * @throws MaskcastError BAD_REQUEST (no such class), CORRUPT (no picture, or none that can be read), WORKER_LOST, CLOSED
   */
  async draw(frame: SegmentedFrame, model: ModelInfo, { opacity, outline, classes }: OverlayStyle): Promise<Buffer> {
    const drawn = drawnClasses(model.classes, classes);
    if (this.closed) throw new MaskcastError('CLOSED', 'the server is stopping', { retryable: true });
    if (!frame.jpeg) throw new MaskcastError('CORRUPT', `frame ${frame.number} has no picture`);
    // Copies of their own: a view would take its whole buffer along.
    const jpeg = new Uint8Array(frame.jpeg);
    if (drawn.length === 0 || (opacity === 0 && !outline)) return Buffer.from(jpeg.buffer);
    const labels = new Uint8Array(frame.mask.labels);
    const job = { jpeg, labels, maskSize: frame.mask.size, classes: drawn, opacity, outline };
    const painting = this.thread().call('paint', job, [jpeg.buffer, labels.buffer]);
    this.underWay.add(painting);
    try {
      const { buffer, byteOffset, byteLength } = await painting;
      return Buffer.from(buffer, byteOffset, byteLength);
    } finally {
      this.underWay.delete(painting);
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.underWay);
    await this.link?.close();
  }

  private thread(): WorkerLink<PainterMethods> {
    if (!this.link) {
      const link = new WorkerLink<PainterMethods>(new URL('./painter-worker.js', import.meta.url), { name: 'painter' });
      link.onLost(() => {
        if (this.link === link) this.link = undefined;
      });
      this.link = link;
    }
    return this.link;
  }
}
