import express, { type Request, type RequestHandler, Router } from 'express';
import type { Gate } from '../access/gate.js';

/** A content hash before the extension: the file never changes under this name. */
const HASHED = /[.-][A-Za-z0-9_-]{8,}\.\w+$/;

/** The viewer page and its assets, from one folder and never from outside it. */
export function staticFiles(publicDir: string, gate: Gate): Router {
  const router = Router();
  router.get('/', signInByLink(gate));
  router.use(
    express.static(publicDir, {
      index: 'index.html',
      dotfiles: 'ignore',
      redirect: false,
      setHeaders: (response, path) => {
        const immutable = path.includes('/assets/') && HASHED.test(path);
        response.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    }),
  );
  return router;
}

/**
 * `/?token=…` signs the browser in and takes the token out of the address bar and the history. One that is signed in stays who it is: anybody
 * can make a link.
 */
function signInByLink(gate: Gate): RequestHandler {
  return (request, response, next) => {
    const { token } = request.query;
    if (typeof token !== 'string') return next();
    // A wrong token never gets here: `identify` has refused it.
    const { required, cookies } = gate.authenticator;
    if (required && !cookies.isSignedIn(request)) {
      response.setHeader(
        'Set-Cookie',
        cookies.signIn(token, { https: gate.isHttps(request), framed: isFramed(request) }),
      );
    }
    // Relative, since a proxy may put the server below a path.
    response.set('Cache-Control', 'no-store').redirect(303, './');
  };
}

/** Browsers say so where a partitioned cookie can be kept: over HTTPS, and on this machine. */
function isFramed({ headers }: Request): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-dest'] !== 'document';
}
