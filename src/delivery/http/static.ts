import express, { type RequestHandler, Router } from 'express';
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

/** `/?token=…` signs the browser in and takes the token out of the address bar and the history. */
function signInByLink(gate: Gate): RequestHandler {
  return (request, response, next) => {
    const { token } = request.query;
    if (typeof token !== 'string') return next();
    // A wrong token never gets here: `identify` has refused it.
    if (gate.authenticator.required) {
      response.setHeader('Set-Cookie', gate.authenticator.sessionCookie(token, gate.isHttps(request)));
    }
    response.set('Cache-Control', 'no-store').redirect(303, '/');
  };
}
