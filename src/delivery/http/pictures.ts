import type { Response } from 'express';
import { z } from 'zod';
import type { Principal } from '../access/auth.js';
import type { ViewerLimits } from '../access/viewer-limits.js';
import type { OverlayStyle } from '../pictures/overlay.js';
import type { PictureClient } from '../pictures/picture-channel.js';
import type { Pictures } from '../pictures/pictures.js';
import { type Operation, operation } from './operation.js';

const style = {
  opacity: z.coerce.number().min(0).max(1).default(0.5).meta({ description: 'Of the fill; 0 leaves the outline' }),
  outline: z.enum(['true', 'false']).default('true').meta({ description: 'A line along the edges of each class' }),
  classes: z.string().max(2000).optional().meta({
    description: 'Ids or names of the classes to draw, by comma. Absent: all but background classes. Empty: none',
    example: 'person,vehicle',
  }),
};
const snapshotQuery = z.object(style);
const streamQuery = z.object({
  ...style,
  fps: z.coerce.number().min(0.1).max(30).default(10).meta({ description: 'Most pictures a second' }),
});

const BOUNDARY = 'maskcast-picture';

/**
 * The beginning of a part. Chromium shows a picture when the headers of the next part have come, so they follow it at once. That leaves
 * out the length, which isn't known yet; readers go by the boundary.
 */
const PART = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`;

/** The overlay drawn into JPEGs. */
export function pictureOperations(
  pictures: Pictures,
  limits: ViewerLimits,
  onSent: (stream: string, bytes: number) => void,
): Operation[] {
  return [
    operation({
      id: 'getSnapshot',
      method: 'get',
      path: '/api/v1/streams/{id}/snapshot.jpg',
      tag: 'pictures',
      summary: 'The newest picture with the overlay drawn',
      description:
        'Wakes a stream that idles, and waits for its first picture for up to 10 s. A stream that is not live answers ' +
        '503 rather than an old picture.',
      access: 'viewer',
      query: snapshotQuery,
      responses: { 200: { description: 'A JPEG', contentType: 'image/jpeg' } },
      errors: ['NOT_FOUND', 'UNAVAILABLE'],
      handle: async ({ params, query, signal, response, principal }) => {
        const { frame, jpeg } = await pictures.snapshot(params.id ?? '', overlayStyle(query), signal);
        allowEmbedding(response, principal);
        response.set({
          'Cache-Control': 'no-store',
          'Last-Modified': new Date(frame.capturedAt).toUTCString(),
          'Maskcast-Frame': String(frame.number),
        });
        response.type('image/jpeg').send(jpeg);
        return undefined;
      },
    }),
    operation({
      id: 'watchPictures',
      method: 'get',
      path: '/api/v1/streams/{id}/stream.mjpeg',
      tag: 'pictures',
      summary: 'Pictures with the overlay drawn, one after the other, for <img>',
      description:
        'Motion JPEG. A client that reads slowly gets fewer pictures. While the stream is not live the last picture is ' +
        'shown grey and dark under a camera sign.',
      access: 'viewer',
      query: streamQuery,
      responses: { 200: { description: 'JPEGs', contentType: 'multipart/x-mixed-replace' } },
      errors: ['NOT_FOUND', 'UNAVAILABLE'],
      handle: ({ params, query, address, request, response, principal }) => {
        const id = params.id ?? '';
        const leave = limits.enter(address);
        response.once('close', leave);
        allowEmbedding(response, principal);
        const client = new MultipartClient(response, (bytes) => onSent(id, bytes));
        pictures.watch(id, overlayStyle(query), query.fps, client);
        client.begin();
        if (request.method === 'HEAD') client.end();
        return undefined;
      },
    }),
  ];
}

function overlayStyle({ opacity, outline, classes }: z.output<typeof snapshotQuery>): OverlayStyle {
  return {
    opacity,
    outline: outline === 'true',
    classes: classes
      ?.split(',')
      .map((text) => text.trim())
      .filter((text) => text !== ''),
  };
}

/** A page that holds a token may embed the picture wherever it lies; the cookie serves our own page alone. */
function allowEmbedding(response: Response, { via }: Principal): void {
  if (via === 'query' || via === 'bearer') response.set('Cross-Origin-Resource-Policy', 'cross-origin');
}

/** A `multipart/x-mixed-replace` response. */
class MultipartClient implements PictureClient {
  constructor(
    private readonly response: Response,
    private readonly onSent: (bytes: number) => void,
  ) {}

  get ready(): boolean {
    return !this.response.writableNeedDrain && !this.isOver;
  }

  /** Before this an error can still be answered as a problem. */
  begin(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, {
      'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no', // nginx would collect pictures
    });
    this.response.write(PART);
  }

  send(jpeg: Buffer): void {
    if (this.isOver) return;
    this.begin();
    this.response.write(jpeg);
    this.response.write(`\r\n${PART}`);
    this.onSent(jpeg.length);
  }

  end(): void {
    if (this.response.writableNeedDrain) this.response.destroy();
    else this.response.end();
  }

  private get isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  onClose(listener: () => void): void {
    this.response.once('close', listener);
  }
}
