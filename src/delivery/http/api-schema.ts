import { z } from 'zod';
import { ENGINES } from '../../core/model.js';
import { POLICY, POLICY_RULE } from '../../core/policy.js';
import { SLUG, SLUG_RULE } from '../../core/slug.js';

/** The HTTP API's bodies: one schema each validates requests, types the server and page, and becomes the OpenAPI document. */

export const streamId = z
  .string()
  .regex(SLUG, SLUG_RULE)
  .meta({ description: 'Stable name of the stream in URLs', example: 'front-door' });

export const policyText = z
  .string()
  .regex(POLICY, POLICY_RULE)
  .meta({ description: 'Which frames the network sees', example: 'adaptive' });

const waiting = (what: string) =>
  z
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .optional()
    .meta({ description: `${what}, ms; the server's default where absent` });

export const sourceInput = z
  .strictObject({
    url: z.string().min(1).max(4096).meta({
      description:
        'rtsp(s)://…, http(s)://… (MJPEG, still pictures, HLS, FLV, TS), rtmp(s)://…, srt://…, udp://…, rtp://…, a file path, or a capture device',
      example: 'rtsp://192.0.2.10/stream1',
    }),
    user: z.string().max(256).optional(),
    password: z.string().max(256).optional().meta({ writeOnly: true }),
    transport: z.enum(['tcp', 'udp']).default('tcp').meta({ description: 'RTSP transport' }),
    connectTimeout: waiting('How long the first picture may take'),
    stallTimeout: waiting('Without a picture for so long the stream counts as stalled'),
    refresh: waiting('Between requests to a camera that gives one picture an answer'),
  })
  .meta({ id: 'SourceInput' });

export const classSettings = z
  .record(
    z.string().min(1).max(100),
    z.union([z.literal('off'), z.strictObject({ threshold: z.number().min(0).max(1) })]),
  )
  .meta({
    id: 'ClassSettings',
    description:
      'By class name: `off`: as if the network had no such class; `threshold`: it shows only where the network gives it at ' +
      'least this probability. Classes that are not named are taken as the network says',
    example: { person: { threshold: 0.6 }, animal: 'off' },
  });

export const settingsInput = z
  .strictObject({
    policy: policyText.optional(),
    smoothing: z.boolean().optional(),
    onDemand: z.boolean().optional().meta({ description: 'Stop decoding while nobody watches' }),
    classes: classSettings.optional().meta({ description: 'Replaces what was set before; `{}`: nothing' }),
  })
  .meta({ id: 'StreamSettingsInput' });

export const streamInput = z
  .strictObject({
    id: streamId.optional().meta({ description: 'Made from the name where absent' }),
    name: z.string().min(1).max(100),
    source: sourceInput,
    model: z.string().min(1).max(100).optional().meta({ description: "The server's default where absent" }),
    settings: settingsInput.default({}),
  })
  .meta({ id: 'StreamInput' });

export const streamChange = z
  .strictObject({
    name: z.string().min(1).max(100).optional(),
    source: sourceInput.optional(),
    model: z.string().min(1).max(100).optional(),
    settings: settingsInput.optional(),
    /** false stops the stream and keeps it listed */
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'StreamChange' });

export const errorRecord = z
  .object({ code: z.string(), message: z.string(), retryable: z.boolean() })
  .meta({ id: 'ErrorRecord' });

export const streamStatus = z
  .object({
    state: z.enum(['idle', 'connecting', 'live', 'stalled', 'reconnecting', 'stopped', 'failed']),
    since: z.number().meta({ description: 'ms since the Unix epoch' }),
    reason: errorRecord.optional(),
    retryAt: z.number().optional(),
    lastFrameAt: z.number().optional(),
    losses: z.number().int(),
  })
  .meta({ id: 'StreamStatus' });

export const streamView = z
  .object({
    id: streamId,
    name: z.string(),
    source: z.string().meta({
      description: 'The address, with user and password cut out; viewers get its host only, or the name of a file',
    }),
    model: z.string(),
    settings: z.object({
      policy: policyText,
      smoothing: z.boolean(),
      onDemand: z.boolean(),
      classes: classSettings,
    }),
    status: streamStatus,
    viewers: z.number().int(),
    /** Streams from the config file or the command line can't be removed for good through the API. */
    persistent: z.boolean().meta({ description: 'Added through the API and kept across restarts' }),
  })
  .meta({ id: 'Stream' });

export const sourceInfo = z
  .object({
    container: z.string(),
    codec: z.string(),
    profile: z.string().optional(),
    pixelFormat: z.string(),
    width: z.number().int(),
    height: z.number().int(),
    rotation: z.number(),
    fps: z.number().optional(),
    duration: z.number().optional(),
    frames: z.number().int().optional(),
    audio: z.object({ codec: z.string(), channels: z.number(), sampleRate: z.number() }).optional(),
    live: z.boolean(),
  })
  .meta({ id: 'SourceInfo' });

const engineView = z
  .object({
    name: z.enum(ENGINES),
    version: z.string(),
    device: z.string().meta({ description: "In the engine's own words: `cpu` or `cuda`; `CPU`, `GPU` or `NPU`" }),
    precision: z
      .string()
      .meta({ description: 'Arithmetic of the layers that are not quantised; empty where the engine does not tell' }),
  })
  .meta({ id: 'Engine' });

export const modelView = z
  .object({
    name: z.string(),
    licence: z.string(),
    stride: z.number().int(),
    classes: z.array(
      z.object({ id: z.number().int(), name: z.string(), color: z.tuple([z.number(), z.number(), z.number()]) }),
    ),
    labelsOnly: z
      .boolean()
      .optional()
      .meta({ description: 'Gives one class a pixel and no scores: thresholds make no sense' }),
    default: z.boolean(),
    engine: engineView.optional().meta({ description: 'What runs it; absent while it is not loaded' }),
  })
  .meta({ id: 'Model' });

export const role = z.enum(['admin', 'viewer']);

/** Who the request comes from. */
export const sessionView = z
  .object({
    authentication: z
      .enum(['none', 'token'])
      .meta({ description: '`none`: this server has no tokens; all may do all' }),
    role: role.optional().meta({ description: 'admin may change, viewer may watch; absent: not signed in' }),
  })
  .meta({ id: 'Session' });

export const sessionInput = z
  .strictObject({
    token: z.string().min(1).max(512),
    framed: z.boolean().default(false).meta({ description: 'The page lies in a frame on another site' }),
  })
  .meta({ id: 'SessionInput' });

export const readinessView = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });

/** RFC 9457, with our stable `code`. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

export type SourceInput = z.infer<typeof sourceInput>;
export type SettingsInput = z.infer<typeof settingsInput>;
export type StreamInput = z.infer<typeof streamInput>;
export type StreamChange = z.infer<typeof streamChange>;
export type StreamView = z.infer<typeof streamView>;
export type SourceInfoView = z.infer<typeof sourceInfo>;
export type ModelView = z.infer<typeof modelView>;
export type Role = z.infer<typeof role>;
export type SessionView = z.infer<typeof sessionView>;
export type ReadinessView = z.infer<typeof readinessView>;
export type Problem = z.infer<typeof problem>;
