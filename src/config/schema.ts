import { z } from 'zod';
import { POLICY, POLICY_RULE } from '../core/policy.js';
import { SLUG, SLUG_RULE } from '../core/slug.js';
import { DEFAULT_MODEL } from './default-model.js';
import { byteSize, classSettings, duration, secret } from './values.js';

/** Every key of the configuration, with its default. `config.example.yaml` explains each; a test keeps the two together. */

const policy = z.string().regex(POLICY, POLICY_RULE);

export const streamId = z.string().regex(SLUG, SLUG_RULE);

const streamEntry = z.strictObject({
  id: streamId.optional(),
  name: z.string().min(1).max(100).optional(),
  url: z.string().min(1),
  user: z.string().optional(),
  password: secret.optional(),
  transport: z.enum(['tcp', 'udp']).default('tcp'),
  connectTimeout: duration.optional(),
  stallTimeout: duration.optional(),
  refresh: duration.optional(),
  model: z.string().optional(),
  policy: policy.optional(),
  smoothing: z.boolean().optional(),
  onDemand: z.boolean().optional(),
  classes: classSettings.optional(),
});

const server = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65535).default(8080),
  tokens: z.array(z.strictObject({ token: secret, role: z.enum(['admin', 'viewer']) })).default([]),
  insecure: z.boolean().default(false),
  allowedOrigins: z.array(z.url()).default([]),
  allowedHosts: z.array(z.string().min(1)).default([]),
  maxViewers: z.int().min(1).default(200),
  maxViewersPerAddress: z.int().min(1).default(60),
  trustedProxies: z.int().min(0).max(10).default(0),
});

const ingest = z.strictObject({
  connectTimeout: duration.prefault('10s'),
  stallTimeout: duration.prefault('5s'),
  retryInitial: duration.prefault('1s'),
  retryCap: duration.prefault('30s'),
  authRetry: duration.prefault('5m'),
  pictureLongestSide: z.int().min(64).max(7680).default(1280),
  pictureQuality: z.int().min(2).max(31).default(5),
  ffmpeg: z.string().min(1).default('ffmpeg'),
  ffprobe: z.string().min(1).default('ffprobe'),
});

const openvino = z.strictObject({
  library: z.string().min(1).optional(),
  device: z
    .string()
    .regex(/^(CPU|GPU(\.\d+)?|NPU)$/, 'must be CPU, GPU, GPU.N or NPU')
    .default('CPU'),
  precision: z.enum(['auto', 'f32', 'bf16', 'f16']).default('auto'),
  cacheDir: z.string().min(1).default('auto'),
});

const inference = z.strictObject({
  workers: z.union([z.literal('auto'), z.int().min(1).max(64)]).default('auto'),
  threads: z.union([z.literal('auto'), z.int().min(1).max(256)]).default('auto'),
  longestSide: z.union([z.literal('auto'), z.int().min(64).max(4096)]).default('auto'),
  engine: z.enum(['auto', 'onnxruntime', 'openvino']).default('auto'),
  openvino: openvino.prefault({}),
  executionProvider: z.enum(['cpu', 'cuda', 'dml', 'coreml']).default('cpu'),
  graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).default('all'),
});

const temporal = z.strictObject({
  policy: policy.default('adaptive'),
  smoothing: z.boolean().default(true),
  maxStaleness: duration.prefault('2s'),
});

const jobs = z.strictObject({
  enabled: z.boolean().default(true),
  concurrency: z.int().min(1).max(16).default(1),
  maxUpload: byteSize.prefault('20GB'),
  keep: duration.optional(),
  dir: z.string().min(1).optional(),
});

const log = z.strictObject({
  level: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  format: z.enum(['auto', 'json', 'pretty']).default('auto'),
});

export const configSchema = z.strictObject({
  server: server.prefault({}),
  dataDir: z.string().min(1).optional(),
  modelsDir: z.string().min(1).optional(),
  model: z.string().min(1).default(DEFAULT_MODEL),
  ingest: ingest.prefault({}),
  inference: inference.prefault({}),
  temporal: temporal.prefault({}),
  onDemand: z.boolean().default(false),
  streams: z.array(streamEntry).default([]),
  mediaDirs: z.array(z.string().min(1)).default([]),
  jobs: jobs.prefault({}),
  log: log.prefault({}),
});

export type ParsedConfig = z.output<typeof configSchema>;
