import type { NetworkSource, SourceSpec } from '../../core/source.js';
import { fullUrl, userInfo } from './user-info.js';

const CUT = '***';
/** What cannot stand in an address, and so ends one in running text. */
const WORD = /[^\s'"<>]+/g;
/** Cameras also take passwords as fields of the query, or of the path (`/user=admin_password=x_channel=1`, `;token=x`), and of SRT's
 * stream id (`read:yard:user:password`). */
const SECRET_FIELD =
  /((?:user(?:name)?|usr|login(?:use|pass?|pwd)?|account|pass(?:word|wd|phrase|code)?|pwd?|token|jwt|api_?key|key|secret|auth(?:basic|orization)?|credentials?|sig(?:nature)?|ticket|session(?:id)?)(?:=|%3d))(?:(?!_(?:channel|stream|user|password)=)[^&/?#\s'"])+|(streamid=)[^&\s'"]+/gi;
const OF_A_FILE = /^file:(?!\/\/[^/])/;
/** Scheme and host; and the rest. */
const ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/is;
/** Stands for the rest. */
const REST = '/…';
/** Replacing these everywhere would cut ordinary words to pieces and still hide nothing. */
const MIN_SECRET_LENGTH = 3;

/** How a source is shown to people and written to logs: everything but its secrets, and of a file what a person named it. */
export function displaySource(source: SourceSpec): string {
  if (source.kind === 'file') return scrubText(source.shown ?? source.path);
  return source.kind === 'device' ? source.path : scrubText(source.url);
}

/**
 * What everybody may know of a source: of an address scheme and host, since a camera's password may be any part of what follows (`/live/admin/secret/ch1`).
 */
export function placeOf(source: SourceSpec): string {
  if (!('url' in source)) return displaySource(source);
  const { place, path } = splitAddress(source.url);
  return `${place}${path.length > 1 ? REST : ''}`;
}

function splitAddress(url: string): { readonly place: string; readonly path: string } {
  const [, place = url, path = ''] = ADDRESS.exec(url) ?? [];
  return { place, path };
}

/** Cuts what looks like a secret out of text about unknown sources. Takes time in proportion to the text's length. */
export function scrubText(text: string): string {
  return text.replace(WORD, withoutUserInfo).replace(SECRET_FIELD, `$1$2${CUT}`);
}

/**
 * Without `user:password@`, also where the scheme has a slip (`rtsp:/u:p@host`) or is not there. The last `@` counts, so that one
 * within a password does not end it.
 */
function withoutUserInfo(word: string): string {
  const at = word.lastIndexOf('@');
  const colon = word.indexOf(':');
  if (at === -1 || colon === -1 || colon > at || OF_A_FILE.test(word)) return word;
  const scheme = word.startsWith('//', colon + 1) ? colon + 3 : word.startsWith('/', colon + 1) ? colon + 2 : 0;
  // Without another colon, what looks like a scheme may be a user, and the slash the beginning of a password.
  const slip = scheme === colon + 2 && word.lastIndexOf(':', at) === colon;
  return `${slip ? '' : word.slice(0, scheme)}${CUT}${word.slice(at)}`;
}

/**
 * Cuts a source's secrets out of any text, and of an address all behind its host, whichever way they are written: raw, percent-encoded (in whole or as ffmpeg gets
 * them), or as an HTTP Basic header. For ffmpeg's messages and for errors that quote them.
 */
export function scrubber(source: SourceSpec): (text: string) => string {
  if (source.kind === 'device') return scrubText;
  if (source.kind === 'file') return (text) => scrubText(text.replaceAll(source.path, source.shown ?? source.path));
  const [shown, paths, secrets] = [placeOf(source), pathForms(source), secretForms(source)];
  return (text) => {
    let clean = text.replaceAll(fullUrl(source), shown).replaceAll(source.url, shown);
    for (const path of paths) clean = clean.replaceAll(path, REST);
    for (const secret of secrets) clean = clean.replaceAll(secret, CUT);
    return scrubText(clean);
  };
}

/** What follows the host, longest first: with its fields, without, and the folder, from which playlists name their parts. */
function pathForms({ url }: NetworkSource): readonly string[] {
  const { path } = splitAddress(url);
  const [bare = ''] = path.split(/[?#]/);
  const forms = new Set([path, bare, bare.slice(0, bare.lastIndexOf('/') + 1)]);
  return [...forms].filter((form) => form.length > MIN_SECRET_LENGTH);
}

/** Longest first: a form that is part of another must not leave the other's rest standing. */
function secretForms(source: NetworkSource): readonly string[] {
  const forms = new Set<string>();
  if (source.credentials) {
    const { user, password } = source.credentials;
    forms.add(Buffer.from(`${user}:${password}`).toString('base64'));
    forms.add(userInfo(source.credentials));
    for (const form of writtenForms(password)) forms.add(form);
  }
  for (const [field, name = '', streamId = ''] of source.url.matchAll(SECRET_FIELD)) {
    for (const form of writtenForms(field.slice(name.length + streamId.length))) forms.add(form);
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
