/**
 * Every error there is: the one place that says what a code means, how HTTP and the command line answer with it, and what a person can do.
 * `docs/errors.md` is made from it (`npm run docs:errors`), and tests hold it against the code that throws.
 */

/** What is true of every error of one code. */
export interface ErrorEntry {
  /** Where people meet it. */
  readonly about: 'sources' | 'networks' | 'configuration and use' | 'requests' | 'results' | 'the server itself';
  readonly meaning: string;
  /** Of the HTTP answer. 500: the text stays in the log. */
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 500 | 503 | 507;
  /** Of a command: 2 where another command line would avoid it. */
  readonly exit: 1 | 2;
  /** What a person can do. */
  readonly advice: string;
}

export const ERRORS = {
  AUTH_FAILED: {
    about: 'sources',
    meaning: 'The source refuses this user or password, or wants one.',
    status: 422,
    exit: 1,
    advice:
      'Check user and password; some cameras have an account of their own for streams, or lock one after wrong tries.',
  },
  NOT_FOUND: {
    about: 'sources',
    meaning: 'The source, or what a request names, is not there.',
    status: 404,
    exit: 1,
    advice:
      'Check the path of the address, the file name, or the id; a list of what there is comes with `GET /api/v1/streams` or `…/jobs`.',
  },
  TIMEOUT: {
    about: 'sources',
    meaning: 'The source was reached but sent nothing in time.',
    status: 422,
    exit: 1,
    advice:
      'Look whether other viewers take all its connections; try `transport: udp`, or a longer `ingest.connectTimeout`.',
  },
  CODEC_UNSUPPORTED: {
    about: 'sources',
    meaning: 'This ffmpeg has no decoder for the video.',
    status: 422,
    exit: 1,
    advice: 'Set the camera to H.264, H.265 or MJPEG, convert the file, or install an ffmpeg with more decoders.',
  },
  CONNECTION_FAILED: {
    about: 'sources',
    meaning: 'Nothing answers at this address.',
    status: 422,
    exit: 1,
    advice: 'Check host and port, and whether this machine can reach them.',
  },
  TLS: {
    about: 'sources',
    meaning: "The source's certificate is not one that this machine trusts, or its encryption can't be agreed on.",
    status: 422,
    exit: 1,
    advice:
      "Use the name that the certificate is for, install the authority that signed it, or use the source's unencrypted address.",
  },
  NOT_VIDEO: {
    about: 'sources',
    meaning: 'The source holds no video stream.',
    status: 422,
    exit: 1,
    advice: 'Check that the address is that of the stream and not of a web page; a single picture is no recording.',
  },
  CORRUPT: {
    about: 'sources',
    meaning: 'The video is damaged or cut short, so that nothing, or not everything, can be decoded.',
    status: 422,
    exit: 1,
    advice: 'Copy it again from where it was recorded.',
  },
  SOURCE_INVALID: {
    about: 'sources',
    meaning: 'This is no address, path or device that can be opened, or none that may be.',
    status: 422,
    exit: 2,
    advice: 'The text says which kinds of addresses there are; files of a server lie in `mediaDirs`.',
  },
  SOURCE_ENDED: {
    about: 'sources',
    meaning: 'The source ended where more was expected.',
    status: 422,
    exit: 1,
    advice: 'Of a live source: it connects again by itself. Of a file: see whether it is whole.',
  },
  SIZE_UNSUPPORTED: {
    about: 'sources',
    meaning: 'The picture is too large or too small, or has a shape that a container or encoder does not take.',
    status: 422,
    exit: 1,
    advice: 'The text says what is allowed; scale the video, or choose another output.',
  },
  FFMPEG_MISSING: {
    about: 'the server itself',
    meaning: 'ffmpeg or ffprobe is not where it should be, or is too old.',
    status: 500,
    exit: 1,
    advice: 'Install ffmpeg 5.1 or later, or name it in `ingest.ffmpeg` and `ingest.ffprobe`.',
  },
  FFMPEG_FAILED: {
    about: 'the server itself',
    meaning: 'ffmpeg ended with an error that has no code of its own here.',
    status: 500,
    exit: 1,
    advice: "The text holds ffmpeg's last words. The log has more with `--log-level debug`.",
  },
  ENGINE_UNAVAILABLE: {
    about: 'networks',
    meaning: 'The program that is to run networks, or the device for it, is not on this machine, or too old.',
    status: 422,
    exit: 1,
    advice:
      '`./setup.sh --openvino` installs OpenVINO; the text says where it was looked for and which devices there are. `inference.engine: auto` takes what is there.',
  },
  MODEL_NOT_FOUND: {
    about: 'networks',
    meaning: 'There is no network of this name.',
    status: 422,
    exit: 1,
    advice: '`maskcast models list` shows those there are; the folder is `modelsDir`.',
  },
  MODEL_INVALID: {
    about: 'networks',
    meaning: 'The file is no network that can be run, or no segmentation.',
    status: 422,
    exit: 1,
    advice: 'The text says what is wrong; `maskcast models show` tells what a network is.',
  },
  MANIFEST_INVALID: {
    about: 'networks',
    meaning: "A network's `manifest.json` does not fit the schema.",
    status: 422,
    exit: 1,
    advice: 'Mend the places that the text names, or let `maskcast models add` write it anew.',
  },
  MANIFEST_MISMATCH: {
    about: 'networks',
    meaning:
      'A `manifest.json` says something else than the network beside it: its checksum, input, output or classes.',
    status: 422,
    exit: 1,
    advice:
      'Copy both files again from one place, or add the network anew; `maskcast models verify` tries all of them.',
  },
  INFERENCE_FAILED: {
    about: 'networks',
    meaning: 'A network failed on a picture.',
    status: 500,
    exit: 1,
    advice: 'Try it with `maskcast models verify`; if it holds there, the log tells more.',
  },
  CONFIG_INVALID: {
    about: 'configuration and use',
    meaning:
      'The configuration has a key or value that is not allowed, or the server must not or can not listen there.',
    status: 422,
    exit: 2,
    advice: 'The text names the key and what is allowed; `config.example.yaml` explains every key.',
  },
  USAGE: {
    about: 'configuration and use',
    meaning: 'The command line, or a call of the client library, asks for something that can not be.',
    status: 400,
    exit: 2,
    advice: 'See `maskcast COMMAND --help`.',
  },
  DATASET_INVALID: {
    about: 'configuration and use',
    meaning: 'Pictures, labels or class map of a data set do not fit together.',
    status: 422,
    exit: 1,
    advice: 'The text names what does not fit, and what was expected.',
  },
  BAD_REQUEST: {
    about: 'requests',
    meaning: 'Body, query or path of a request do not fit.',
    status: 400,
    exit: 1,
    advice:
      '`errors` in the answer lists each place and what is allowed there; `/api/openapi.json` describes all requests.',
  },
  METHOD_NOT_ALLOWED: {
    about: 'requests',
    meaning: 'The path exists, the method does not.',
    status: 405,
    exit: 1,
    advice: '`Allow` in the answer lists those that do.',
  },
  UNAUTHENTICATED: {
    about: 'requests',
    meaning: 'The request has no token, or a wrong one.',
    status: 401,
    exit: 1,
    advice: 'Send one of `server.tokens` as `Authorization: Bearer …`, or sign in.',
  },
  FORBIDDEN: {
    about: 'requests',
    meaning: "A viewer's token can't do this.",
    status: 403,
    exit: 1,
    advice: 'Use an admin token.',
  },
  ORIGIN_REJECTED: {
    about: 'requests',
    meaning: 'The page that asks, or the host name under which it asks, is not allowed.',
    status: 403,
    exit: 1,
    advice: 'Add it to `server.allowedOrigins` or `server.allowedHosts`.',
  },
  CONFLICT: {
    about: 'requests',
    meaning: 'The name is taken, or the state of things does not allow it.',
    status: 409,
    exit: 1,
    advice: 'The text says what is in the way.',
  },
  TOO_LARGE: {
    about: 'requests',
    meaning: 'A body, message or recording is larger than allowed.',
    status: 413,
    exit: 1,
    advice: 'Bodies have at most 64 KB, messages 1,024 bytes, recordings `jobs.maxUpload`.',
  },
  RATE_LIMITED: {
    about: 'requests',
    meaning: 'Too many requests, wrong tokens, viewers or messages from one address or client.',
    status: 429,
    exit: 1,
    advice: 'Wait as long as `Retry-After` says; [security](security.md#what-a-stranger-can-cost) lists the limits.',
  },
  PROTOCOL_VIOLATION: {
    about: 'requests',
    meaning: 'A WebSocket client sent something that the protocol does not allow.',
    status: 400,
    exit: 1,
    advice: 'Mend the client: [protocol](protocol.md#what-the-client-sends).',
  },
  UNAVAILABLE: {
    about: 'requests',
    meaning: 'Not now: too many viewers, no picture yet, or a server that does not answer.',
    status: 503,
    exit: 1,
    advice: 'Try again later.',
  },
  OUTPUT_EXISTS: {
    about: 'results',
    meaning: 'There are results already, or another process is at work on them.',
    status: 409,
    exit: 1,
    advice: 'Go on with `--resume`, begin anew with `--force`, or choose another `--out`.',
  },
  OUTPUT_UNWRITABLE: {
    about: 'results',
    meaning: 'A file or folder can not be written.',
    status: 500,
    exit: 1,
    advice: 'Check that it exists and belongs to this user, and that the disk is not read-only.',
  },
  DISK_FULL: {
    about: 'results',
    meaning: 'The disk is full, or would be.',
    status: 507,
    exit: 1,
    advice: 'Make room; what is done is kept, and the text says how to go on.',
  },
  RECORD_DAMAGED: {
    about: 'results',
    meaning: 'What the server keeps of a job, its `job.json`, cannot be understood.',
    status: 409,
    exit: 1,
    advice:
      'Mend the file, or bring a copy back, and start the server again; or remove the job: nothing else is done with it.',
  },
  FRAME_COUNT_MISMATCH: {
    about: 'results',
    meaning: 'A video that was written does not hold exactly the frames that went in, so it was not kept.',
    status: 500,
    exit: 1,
    advice: 'This is a fault of ours, or of this ffmpeg: please report it with the recording or its `ffprobe` output.',
  },
  CLOSED: {
    about: 'the server itself',
    meaning: 'What was asked for was being closed, or a person ended the command.',
    status: 503,
    exit: 1,
    advice: 'Nothing, or try again.',
  },
  WORKER_LOST: {
    about: 'the server itself',
    meaning: 'A worker thread died; another one has taken its place.',
    status: 503,
    exit: 1,
    advice: 'Try again; where it comes back, look for a lack of memory, and in the log.',
  },
  INTERNAL: {
    about: 'the server itself',
    meaning: 'Something that must not happen.',
    status: 500,
    exit: 1,
    advice: "The server's log tells why; please report it.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** Stays the same across versions; docs/errors.md says what each means. */
export type ErrorCode = keyof typeof ERRORS;
