/** What an id in URLs looks like, as `slug` makes it. */
export const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
export const SLUG_RULE = 'must be 1–64 lower-case letters, digits or hyphens, no hyphen at the ends';

/** An id made from a name: lower-case letters, digits and hyphens, at most `length`; `fallback` where none is left. */
export function slug(name: string, length = 60, fallback = 'stream'): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return plain.slice(0, length).replace(/-+$/, '') || fallback;
}
