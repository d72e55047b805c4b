import type { ImageSequence } from './image-sequence.js';

/** Where a stream comes from. Secrets live here and in ffmpeg's input only; show a source through `media/address/redact`. */
export type SourceSpec =
  | {
      readonly kind: 'rtsp';
      /** rtsp:// or rtsps://, without user and password */
      readonly url: string;
      readonly transport: 'tcp' | 'udp';
      readonly credentials: Credentials | undefined;
    }
  | {
      /** HTTP(S): MJPEG, HLS or a plain file */
      readonly kind: 'http';
      readonly url: string;
      readonly credentials: Credentials | undefined;
    }
  | {
      /** A live stream by rtmp(s)://, srt://, udp:// or rtp://, fetched or waited for as the address says */
      readonly kind: 'network';
      readonly url: string;
      readonly credentials: Credentials | undefined;
    }
  | {
      readonly kind: 'file';
      /** absolute path; of an image sequence the pattern of the pictures' paths */
      readonly path: string;
      /** What a person named it, where that is not `path`: the working directory is nobody's business. */
      readonly shown?: string;
      /** Present where `path` is such a pattern. */
      readonly images?: ImageSequence;
    }
  | {
      readonly kind: 'device';
      /** for instance /dev/video0 */
      readonly path: string;
    };

/** What is reached over a network, and may have a log-in. */
export type NetworkSource = Extract<SourceSpec, { url: string }>;
export type FileSource = Extract<SourceSpec, { kind: 'file' }>;

export interface Credentials {
  /** Raw, not percent-encoded. */
  readonly user: string;
  /** Raw, not percent-encoded. */
  readonly password: string;
}

/** What a probe found out. */
export interface SourceInfo {
  readonly container: string;
  readonly codec: string;
  readonly profile: string | undefined;
  readonly pixelFormat: string;
  /** As shown: rotation and sample aspect ratio applied. */
  readonly width: number;
  readonly height: number;
  /** Clockwise degrees that were applied: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Frames a second as announced; cameras lie. Absent when unknown. */
  readonly fps: number | undefined;
  /** Seconds. Absent for live sources. */
  readonly duration: number | undefined;
  /** Frame count as announced by the container; absent when unknown. */
  readonly frames: number | undefined;
  readonly audio: { readonly codec: string; readonly channels: number; readonly sampleRate: number } | undefined;
  readonly live: boolean;
}
