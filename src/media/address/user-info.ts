import type { Credentials } from '../../core/source.js';

/**
 * `user:password` as ffmpeg reads it in an address. Only what would end the part is encoded: ffmpeg's buffer for it is small,
 * and it decodes nothing else differently.
 */
export function userInfo({ user, password }: Credentials): string {
  return `${encoded(user)}:${encoded(password)}`;
}

const encoded = (text: string): string => text.replace(/[/?#%@]/g, (character) => encodeURIComponent(character));

/** The address with its credentials, for ffmpeg's eyes only. */
export function fullUrl({
  url,
  credentials,
}: {
  readonly url: string;
  readonly credentials: Credentials | undefined;
}): string {
  if (!credentials) return url;
  const [scheme = '', rest = ''] = url.split(/:\/\/(.*)/s);
  return `${scheme}://${userInfo(credentials)}@${rest}`;
}
