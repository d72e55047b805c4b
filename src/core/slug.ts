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
