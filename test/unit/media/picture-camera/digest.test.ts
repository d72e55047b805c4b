import { describe, expect, it } from 'vitest';
import { ffmpegCanAnswer, LogIn, parseChallenges, wordsOf } from '../../../../src/media/picture-camera/digest.js';

/** The example of RFC 7616, section 3.9.1. */
const REALM = 'http-auth@example.org';
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const challenge = (algorithm: string) =>
  `Digest realm="${REALM}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${NONCE}", opaque="${OPAQUE}"`;
const credentials = { user: 'Mufasa', password: 'Circle of Life' };
const fieldOf = (header: string | undefined, name: string) => new RegExp(`${name}="?([^",]+)`).exec(header ?? '')?.[1];

describe('a log-in', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('by Digest with %s answers as RFC 7616 does', (algorithm, response) => {
    const login = LogIn.for(parseChallenges([challenge(algorithm)]), credentials, CNONCE);
    const header = login?.header('GET', '/dir/index.html');
    expect(fieldOf(header, 'response')).toBe(response);
    expect(header).toContain('nc=00000001');
    expect(fieldOf(login?.header('GET', '/dir/index.html'), 'nc')).toBe('00000002');
  });

  it('takes the strongest way of those that are offered', () => {
    const offered = parseChallenges(['Basic realm="camera"', challenge('MD5'), challenge('SHA-256')]);
    expect(LogIn.for(offered, credentials)?.header('GET', '/')).toContain('algorithm=SHA-256');
    expect(wordsOf(offered)).toBe('Basic or Digest with MD5 or Digest with SHA-256');
    expect(ffmpegCanAnswer(offered)).toBe(true);
    expect(ffmpegCanAnswer(parseChallenges([challenge('SHA-256')]))).toBe(false);
  });

  it('finds two challenges in one header, and commas in a realm', () => {
    const found = parseChallenges(['Digest realm="a, b \\"c\\"", nonce="1", Basic realm="x"']);
    expect(found.map(({ scheme }) => scheme)).toEqual(['digest', 'basic']);
    expect(found[0]?.fields.realm).toBe('a, b "c"');
  });

  it('by Basic is user and password in base 64', () => {
    const login = LogIn.for(parseChallenges(['Basic realm="camera"']), credentials);
    expect(login?.header('GET', '/')).toBe('Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl');
  });

  it('that nobody here knows is not tried', () => {
    expect(LogIn.for(parseChallenges([challenge('SHA-512-256')]), credentials)).toBeUndefined();
    expect(LogIn.for(parseChallenges(['Negotiate']), credentials)).toBeUndefined();
  });
});
