import { z } from 'zod';
import { SLUG, SLUG_RULE } from '../../core/slug.js';
import { classSettings, errorRecord, policyText } from './api-schema.js';

/** Bodies of the jobs API: recorded video, processed by the server. As in `api-schema.ts`, one schema serves all sides. */

export const jobId = z
  .string()
  .regex(SLUG, SLUG_RULE)
  .meta({ description: 'Stable name of the job in URLs', example: 'walk-7f3a' });

/** Names of `process --output`. */
export const jobOutput = z.enum([
  'overlay',
  'mask-video',
  'matte',
  'alpha',
  'masks',
  'coco',
  'cvat',
  'label-studio',
  'yolo',
  'semantic',
  'cityscapes',
  'frames',
  'table',
  'summary',
]);

export const jobState = z.enum(['queued', 'running', 'paused', 'done', 'failed', 'cancelled']).meta({ id: 'JobState' });

/** Where the recording comes from: an upload, or a file below one of the configured media folders. */
export const jobInputFile = z
  .union([
    z.strictObject({ upload: z.string().min(1).max(64).meta({ description: 'Id that an upload was given' }) }),
    z.strictObject({ media: z.string().min(1).max(1024).meta({ description: '`path` of an entry of /api/v1/media' }) }),
  ])
  .meta({ id: 'JobInputFile' });

export const jobOptions = z
  .strictObject({
    outputs: z.array(jobOutput).min(1).default(['overlay', 'masks', 'table', 'summary']),
    model: z.string().min(1).max(100).optional().meta({ description: "The server's default where absent" }),
    policy: policyText.default('every'),
    smoothing: z.boolean().default(true),
    from: z.number().min(0).optional().meta({ description: 'Seconds from the beginning of the file' }),
    to: z.number().positive().optional().meta({ description: 'Seconds from the beginning of the file' }),
    every: z.int().min(1).optional().meta({ description: 'Frames 0, n, 2n, … only; not with fps' }),
    fps: z.number().positive().optional().meta({ description: 'The first frame in each 1/fps seconds only' }),
    longestSide: z.int().min(16).optional().meta({ description: "Of exports, pixels; the recording's where absent" }),
    opacity: z.number().min(0).max(1).default(0.5),
    outline: z.boolean().default(false),
    legend: z.boolean().default(false),
    modelClasses: classSettings
      .optional()
      .meta({ description: 'What is wanted of the classes of the network; `classes` only says which are drawn' }),
    classes: z.array(z.string()).optional().meta({ description: 'All but the background where absent' }),
    codec: z.enum(['h264', 'h265', 'av1']).default('h264').meta({ description: 'Of the overlay' }),
  })
  .meta({ id: 'JobOptions' });

export const jobInput = z
  .strictObject({ input: jobInputFile, name: z.string().min(1).max(200).optional(), options: jobOptions.prefault({}) })
  .meta({ id: 'JobInput' });

export const jobProgress = z
  .object({
    frames: z.int().meta({ description: 'Done, those of earlier runs included' }),
    expected: z.int().optional().meta({ description: 'Absent where it is not known before the end' }),
    fps: z.number().optional().meta({ description: 'Frames a second over the last moments; absent while not running' }),
    speed: z.number().optional().meta({ description: 'Seconds of video per second' }),
    secondsLeft: z.number().optional(),
  })
  .meta({ id: 'JobProgress' });

export const jobFile = z
  .object({
    path: z.string().meta({ description: 'Relative to the results; folders are listed as one entry, as a zip' }),
    bytes: z.number().meta({ description: 'Of a folder: its files together' }),
    kind: z.enum(['file', 'folder']),
    contentType: z.string(),
  })
  .meta({ id: 'JobFile' });

/** What the player needs of the recording. */
export const jobVideo = z
  .object({
    width: z.int().meta({ description: 'Upright, pixels' }),
    height: z.int(),
    duration: z.number().optional().meta({ description: 'Seconds' }),
    codec: z.string(),
    frames: z.int().optional(),
  })
  .meta({ id: 'JobVideo' });

export const jobView = z
  .object({
    id: jobId,
    name: z.string(),
    state: jobState,
    position: z.int().optional().meta({ description: 'Of a queued job: jobs before it' }),
    created: z.number().meta({ description: 'ms since the Unix epoch' }),
    started: z.number().optional(),
    finished: z.number().optional(),
    options: jobOptions,
    model: z.string(),
    video: jobVideo.optional().meta({ description: 'Known once the file has been read' }),
    progress: jobProgress,
    warnings: z.array(z.string()),
    error: errorRecord.optional(),
    files: z.array(jobFile).meta({ description: 'Results; empty until the job is done' }),
  })
  .meta({ id: 'Job' });

export const mediaEntry = z
  .object({
    path: z.string().meta({ description: 'What `JobInputFile.media` takes; never an absolute path' }),
    name: z.string(),
    bytes: z.number(),
    modified: z.number().meta({ description: 'ms since the Unix epoch' }),
  })
  .meta({ id: 'MediaEntry' });

export const uploadView = z.object({ upload: z.string(), name: z.string(), bytes: z.number() }).meta({ id: 'Upload' });

/** Per-frame classes of a finished job in columns of equal length, for a timeline: at most `points` of them. */
export const jobTimeline = z
  .object({
    seconds: z.array(z.number()).meta({ description: 'From the beginning of the video' }),
    frame: z.array(z.int()).meta({ description: 'Number of the frame that stands for each point' }),
    shares: z
      .array(z.object({ class: z.string(), values: z.array(z.number()) }))
      .meta({ description: 'Mean share of the pixels, 0–1, of every class that occurs' }),
    inferred: z.array(z.boolean()),
  })
  .meta({ id: 'JobTimeline' });

/** All frames of a finished job: `seconds[n]` is the time of mask n. For the player. */
export const jobTimes = z
  .object({
    seconds: z.array(z.number()).meta({ description: "From the beginning of the file's timeline" }),
    numbers: z.array(z.int()),
    start: z.number().meta({ description: "What the file's own clock says at 0 of `seconds`" }),
    first: z.number().meta({ description: "Time of the recording's very first picture, as `seconds` counts" }),
  })
  .meta({ id: 'JobTimes' });

/** Results that a data set can hold. */
export const datasetOutput = jobOutput.extract(['frames', 'coco', 'yolo', 'semantic', 'cityscapes', 'label-studio']);

/** Jobs of one data set: as many as an address has room for. */
export const DATASET_JOBS = 100;

const list = (description: string, example: string) =>
  z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .meta({ description, example });

/** Which jobs make a data set, and how. */
export const datasetQuery = z.object({
  jobs: list('Ids of finished jobs, by comma', 'day1-7f3a,day2-09bc').pipe(z.array(jobId).min(1).max(DATASET_JOBS)),
  outputs: list('What goes in, by comma: `coco,yolo,…`; what all jobs have where absent', 'frames,coco')
    .pipe(z.array(datasetOutput).min(1))
    .optional(),
  share: z.coerce
    .number()
    .min(0)
    .lt(1)
    .default(0.2)
    .meta({ description: 'Of the jobs that are for validation; the same ones each time' }),
  val: list('Instead of `share`: ids of those jobs, by comma; empty: none', 'day2-09bc')
    .pipe(z.array(jobId).max(DATASET_JOBS))
    .optional(),
  picturePrefix: z
    .string()
    .max(500)
    .default('')
    .meta({ description: "What Label Studio's addresses of pictures begin with" }),
});

export const datasetView = z
  .object({
    recordings: z.array(
      z.object({
        job: jobId,
        name: z.string(),
        split: z.enum(['train', 'val']),
        frames: z.int(),
      }),
    ),
    outputs: z.array(datasetOutput),
    left: z.array(datasetOutput).meta({ description: 'What some of the jobs have and others lack; it is left out' }),
  })
  .meta({ id: 'Dataset' });

export type DatasetOutput = z.infer<typeof datasetOutput>;
export type DatasetQuery = z.output<typeof datasetQuery>;
export type DatasetView = z.infer<typeof datasetView>;
export type JobState = z.infer<typeof jobState>;
export type JobInput = z.infer<typeof jobInput>;
export type JobOptions = z.infer<typeof jobOptions>;
export type JobProgress = z.infer<typeof jobProgress>;
export type JobView = z.infer<typeof jobView>;
export type JobFile = z.infer<typeof jobFile>;
export type MediaEntry = z.infer<typeof mediaEntry>;
export type UploadView = z.infer<typeof uploadView>;
export type JobTimeline = z.infer<typeof jobTimeline>;
export type JobTimes = z.infer<typeof jobTimes>;
