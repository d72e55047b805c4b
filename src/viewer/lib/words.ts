/** What to do about an error, by its stable code: the server says what happened, the page says what helps. */
const ADVICE: Readonly<Record<string, string>> = {
  AUTH_FAILED: 'Check the user and password that the camera expects.',
  NOT_FOUND: 'Check the path in the address: cameras differ in it by maker and model.',
  TIMEOUT: 'Check that the camera is switched on and that the server can reach its network.',
  CONNECTION_FAILED: 'Check the address and the port, and that the server can reach the camera.',
  TLS: 'The encrypted connection failed: check the certificate, or use the unencrypted address.',
  CODEC_UNSUPPORTED: 'Set the camera to H.264, H.265 or MJPEG.',
  NOT_VIDEO: 'The address answers, but with something that is not video.',
  CORRUPT: 'The data cannot be decoded. If it goes on, restart the camera.',
  SOURCE_INVALID: 'Addresses look like rtsp://192.0.2.10/stream1, http://…, a file path or /dev/video0.',
  SIZE_UNSUPPORTED: 'Set the camera to another resolution.',
  MODEL_NOT_FOUND: 'Pick a model from the list.',
  CONFLICT: 'Pick another name.',
  RATE_LIMITED: 'Wait a minute, then try again.',
  FORBIDDEN: 'Your token may watch, but not change anything.',
  UNREACHABLE: 'Check your network, and that Maskcast is running.',
};

export const adviceFor = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : ADVICE[code];

/** Causes of dropped frames as people read them. */
export const DROP_WORDS: Readonly<Record<string, string>> = {
  'pipeline-busy': 'Server busy',
  'inference-busy': 'Network busy',
  'inference-failed': 'Network failed',
  'viewer-slow': 'Slow viewers',
  corrupt: 'Corrupt',
};

export const STAGE_WORDS: Readonly<Record<string, string>> = {
  observe: 'Motion and decision',
  infer: 'Network',
  apply: 'Propagate and smooth',
  pack: 'Pack',
};

/** `every`, `interval=N` or `adaptive` in words. */
export function policyWords(policy: string): string {
  if (policy === 'adaptive') return 'Adaptive';
  const frames = policy === 'every' ? 1 : Number(policy.split('=')[1]);
  return frames === 1 ? 'Every frame' : `One frame in ${frames}`;
}

/** Error texts come as clauses; people read sentences. An address or a path at the beginning stays as it is. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.replace(/^[a-z](?=[a-z']*(?:[\s,!?]|\.\s|\.?$))/, (letter) => letter.toUpperCase());
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

/** Why a list could not be had, in sentences. @param listed an older one is on screen */
export const listTrouble = (message: string, listed: boolean): string =>
  `${sentence(message)}${listed ? ' What you see here may be out of date.' : ''} Trying again by itself.`;
