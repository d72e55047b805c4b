import type { SourceSpec } from '../core/source.js';
import { fullUrl, userInfo } from './user-info.js';

const CUT = '***';
/** `user:password@` of any address in running text; greedy, so that an `@` within a password does not end it. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s'"<>]*@/gi;
/** Cameras also take passwords as fields of the query, or of the path (`/user=admin_password=x_channel=1`). */
const SECRET_FIELD =
  /((?:user(?:name)?|usr|login|account|pass(?:word|wd|phrase)?|pwd|token|access_token|api_?key|key|secret|auth|sig(?:nature)?|session(?:id)?)=)(?:(?!_(?:channel|stream|user|password)=)[^&/?#\s'"])+/gi;
/** Replacing these everywhere would cut ordinary words to pieces and still hide nothing. */
const MIN_SECRET_LENGTH = 3;

/** How a source is shown to people and written to logs: everything but its secrets. */
export function displaySource(source: SourceSpec): string {
  return source.kind === 'file' || source.kind === 'device' ? source.path : scrubText(source.url);
}

/** Cuts what looks like a secret out of text about unknown sources. */
export function scrubText(text: string): string {
  return text.replace(USER_INFO, `$1${CUT}@`).replace(SECRET_FIELD, `$1${CUT}`);
}

/**
 * Cuts a source's secrets out of any text, whichever way they are written: raw, percent-encoded (in whole or as ffmpeg gets
 * them), or as an HTTP Basic header. For ffmpeg's messages and for errors that quote them.
 */
export function scrubber(source: SourceSpec): (text: string) => string {
  if (source.kind === 'file' || source.kind === 'device') return scrubText;
  const secrets = secretForms(source);
  const shown = displaySource(source);
  return (text) => {
    let clean = text.replaceAll(fullUrl(source), shown);
    for (const secret of secrets) clean = clean.replaceAll(secret, CUT);
    return scrubText(clean);
  };
}

/** Longest first: a form that is part of another must not leave the other's rest standing. */
function secretForms(source: Extract<SourceSpec, { kind: 'rtsp' | 'http' }>): readonly string[] {
  const forms = new Set<string>();
  if (source.credentials) {
    const { user, password } = source.credentials;
    forms.add(Buffer.from(`${user}:${password}`).toString('base64'));
    forms.add(userInfo(source.credentials));
    for (const form of writtenForms(password)) forms.add(form);
  }
  for (const [field, name = ''] of source.url.matchAll(SECRET_FIELD)) {
    for (const form of writtenForms(field.slice(name.length))) forms.add(form);
  }
  return [...forms].filter((form) => form.length >= MIN_SECRET_LENGTH).sort((a, b) => b.length - a.length);
}

function writtenForms(secret: string): string[] {
  const whole = encodeURIComponent(secret);
  const strict = whole.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const minimal = userInfo({ user: '', password: secret }).slice(1);
  return [secret, whole, strict, lower(whole), lower(strict), minimal, lower(minimal)];
}
