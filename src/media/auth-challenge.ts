import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MaskcastError } from '../core/errors.js';
import type { SourceSpec } from '../core/source.js';
import { type Milliseconds, ms } from '../core/time.js';
import { placeOf } from './address/redact.js';
import { type Challenge, ffmpegCanAnswer, parseChallenges, wordsOf } from './picture-camera/digest.js';

/** Such an answer is a few lines. */
const PATIENCE: Milliseconds = ms(3000);
const MAX_ANSWER_BYTES = 16 * 1024;

type AskedSource = Extract<SourceSpec, { kind: 'rtsp' | 'http' }>;

/**
 * A refused log-in, explained: ffmpeg fails alike with a wrong password and with a way of logging in that it doesn't know. The camera
 * is asked, without user and password, which ways it takes.
 * @returns `refusal` itself where the camera takes a way that ffmpeg knows, or doesn't say
 */
export async function explainRefusal(source: SourceSpec, refusal: MaskcastError): Promise<MaskcastError> {
  if (source.kind !== 'rtsp' && source.kind !== 'http') return refusal;
  if (refusal.code !== 'AUTH_FAILED' || source.credentials === undefined) return refusal;
  const challenges = await challengesOf(source).catch(() => []);
  if (challenges.length === 0 || ffmpegCanAnswer(challenges)) return refusal;
  return unanswerable(source, challenges, 'ffmpeg knows Digest with MD5 and Basic');
}

/** No wrong password: nobody here knows how to log in. @param known what is known, in words */
export function unanswerable(source: AskedSource, challenges: readonly Challenge[], known: string): MaskcastError {
  const why = `the camera asks for ${wordsOf(challenges)}, which cannot be answered: ${known}`;
  return new MaskcastError('AUTH_FAILED', `${placeOf(source)}: no log-in was tried: ${why}`);
}

function challengesOf(source: AskedSource): Promise<Challenge[]> {
  return source.kind === 'rtsp' ? rtspChallenges(source.url) : httpChallenges(source.url);
}

async function httpChallenges(url: string): Promise<Challenge[]> {
  const ask = url.startsWith('https:') ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(PATIENCE);
  const request = ask(url, { signal, insecureHTTPParser: true, rejectUnauthorized: false });
  request.end();
  const [answer] = (await once(request, 'response', { signal })) as [IncomingMessage];
  answer.destroy();
  return parseChallenges(answer.headersDistinct['www-authenticate'] ?? []);
}

async function rtspChallenges(url: string): Promise<Challenge[]> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const signal = AbortSignal.timeout(PATIENCE);
  const secure = protocol === 'rtsps:';
  const socket = secure
    ? connectTls({ host, port: Number(port || 322), rejectUnauthorized: false })
    : connect({ host, port: Number(port || 554) });
  try {
    await once(socket, secure ? 'secureConnect' : 'connect', { signal });
    socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: maskcast\r\n\r\n`);
    let answer = '';
    while (!answer.includes('\r\n\r\n') && answer.length < MAX_ANSWER_BYTES) {
      const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
      answer += chunk.toString('latin1');
    }
    return parseChallenges([...answer.matchAll(/^WWW-Authenticate:\s*(.*?)\r?$/gim)].map(([, value = '']) => value));
  } finally {
    socket.destroy();
  }
}
