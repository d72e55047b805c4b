import type { Principal } from '../access/auth.js';
import type { Gate } from '../access/gate.js';
import { type SessionView, sessionInput, sessionView } from './api-schema.js';
import { type Operation, operation } from './operation.js';

/** Who am I, signing in and out. The cookie serves `<img>` and the page's WebSocket, which can send no header. */
export function sessionOperations(gate: Gate): Operation[] {
  const { authenticator } = gate;
  const view = (role: Principal['role']): SessionView => ({
    authentication: authenticator.required ? 'token' : 'none',
    ...(role && { role }),
  });
  return [
    operation({
      id: 'getSession',
      method: 'get',
      path: '/api/v1/session',
      tag: 'session',
      summary: 'Who the request comes from',
      access: 'open',
      responses: { 200: { description: 'The role, if any', schema: sessionView } },
      errors: [],
      handle: ({ principal }) => ({ json: view(principal.role) }),
    }),
    operation({
      id: 'signIn',
      method: 'post',
      path: '/api/v1/session',
      tag: 'session',
      summary: 'Sign a browser in with a token',
      description:
        'Sets HttpOnly cookies that hold for 30 days. In a frame on another site browsers keep them only over HTTPS, and ' +
        'with `framed`. Ten wrong tokens a minute block the address.',
      access: 'open',
      body: sessionInput,
      responses: { 200: { description: 'Signed in', schema: sessionView } },
      errors: [],
      handle: (call) => {
        if (!authenticator.required) return { json: view('admin') };
        const role = authenticator.roleOf(call.body.token, call.address);
        const place = { https: gate.isHttps(call.request), framed: call.body.framed };
        return { json: view(role), headers: { 'Set-Cookie': authenticator.cookies.signIn(call.body.token, place) } };
      },
    }),
    operation({
      id: 'signOut',
      method: 'delete',
      path: '/api/v1/session',
      tag: 'session',
      summary: 'Sign a browser out',
      access: 'open',
      responses: { 204: { description: 'Signed out' } },
      errors: [],
      handle: ({ request }) => {
        return { status: 204, headers: { 'Set-Cookie': authenticator.cookies.signOut(gate.isHttps(request)) } };
      },
    }),
  ];
}
