import type { Authenticator, Principal } from '../access/auth.js';
import { type SessionView, sessionInput, sessionView } from './api-schema.js';
import { type Operation, operation } from './operation.js';

/** Who am I, signing in and out. The cookie serves `<img>` and the page's WebSocket, which can send no header. */
export function sessionOperations(
  authenticator: Authenticator,
  isHttps: (call: Parameters<Operation['handle']>[0]) => boolean,
): Operation[] {
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
      description: 'Sets an HttpOnly cookie that holds for 30 days. Ten wrong tokens a minute block the address.',
      access: 'open',
      body: sessionInput,
      responses: { 200: { description: 'Signed in', schema: sessionView } },
      errors: [],
      handle: (call) => {
        if (!authenticator.required) return { json: view('admin') };
        const role = authenticator.roleOf(call.body.token, call.address);
        const cookie = authenticator.sessionCookie(call.body.token, isHttps(call as never));
        return { json: view(role), headers: { 'Set-Cookie': cookie } };
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
      handle: (call) => ({ status: 204, headers: { 'Set-Cookie': authenticator.endedCookie(isHttps(call)) } }),
    }),
  ];
}
