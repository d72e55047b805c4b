import { z } from 'zod';
import type { Principal } from '../access/auth.js';
import type { StreamService } from '../services.js';
import {
  modelView,
  type Role,
  type StreamView,
  sourceInfo,
  sourceInput,
  streamChange,
  streamInput,
  streamView,
} from './api-schema.js';
import { type Operation, operation } from './operation.js';

const SOURCE_ERRORS = [
  'SOURCE_INVALID',
  'AUTH_FAILED',
  'NOT_FOUND',
  'TIMEOUT',
  'CODEC_UNSUPPORTED',
  'CONNECTION_FAILED',
  'TLS',
  'NOT_VIDEO',
  'CORRUPT',
  'SIZE_UNSUPPORTED',
] as const;

/** Streams and models: list, add, change, remove, probe. */
export function streamOperations(streams: StreamService, viewers: (stream: string) => number): Operation[] {
  const shown = (view: StreamView): StreamView => ({ ...view, viewers: viewers(view.id) });
  return [
    operation({
      id: 'listStreams',
      method: 'get',
      path: '/api/v1/streams',
      tag: 'streams',
      summary: 'All streams',
      access: 'viewer',
      responses: { 200: { description: 'All streams', schema: z.array(streamView) } },
      errors: [],
      handle: ({ principal }) => ({ json: streams.list(roleOf(principal)).map(shown) }),
    }),
    operation({
      id: 'addStream',
      method: 'post',
      path: '/api/v1/streams',
      tag: 'streams',
      summary: 'Add a stream and start it',
      description: 'The stream is kept across restarts. It is added whether or not its source answers now.',
      access: 'admin',
      body: streamInput,
      responses: { 201: { description: 'Added; `Location` has its address', schema: streamView } },
      errors: ['CONFLICT', 'SOURCE_INVALID', 'MODEL_NOT_FOUND', 'DISK_FULL'],
      handle: async ({ body }) => {
        const view = await streams.add(body);
        return { status: 201, headers: { Location: `streams/${view.id}` }, json: shown(view) };
      },
    }),
    operation({
      id: 'getStream',
      method: 'get',
      path: '/api/v1/streams/{id}',
      tag: 'streams',
      summary: 'One stream',
      access: 'viewer',
      responses: { 200: { description: 'The stream', schema: streamView } },
      errors: ['NOT_FOUND'],
      handle: ({ params, principal }) => ({ json: shown(streams.get(params.id ?? '', roleOf(principal))) }),
    }),
    operation({
      id: 'changeStream',
      method: 'patch',
      path: '/api/v1/streams/{id}',
      tag: 'streams',
      summary: 'Change a stream while it runs',
      description: 'Only what the body names changes. `enabled: false` stops the stream and keeps it listed.',
      access: 'admin',
      body: streamChange,
      responses: { 200: { description: 'The stream as it is now', schema: streamView } },
      errors: ['NOT_FOUND', 'SOURCE_INVALID', 'MODEL_NOT_FOUND', 'DISK_FULL'],
      handle: async ({ params, body }) => ({ json: shown(await streams.change(params.id ?? '', body)) }),
    }),
    removeOperation(streams),
    ...sourceOperations(streams),
  ];
}

/** Nobody without a role gets here. */
const roleOf = ({ role }: Principal): Role => role ?? 'viewer';

function removeOperation(streams: StreamService): Operation {
  return operation({
    id: 'removeStream',
    method: 'delete',
    path: '/api/v1/streams/{id}',
    tag: 'streams',
    summary: 'Stop and remove a stream',
    access: 'admin',
    responses: { 204: { description: 'Removed' } },
    errors: ['NOT_FOUND', 'DISK_FULL'],
    handle: async ({ params }) => {
      await streams.remove(params.id ?? '');
      return { status: 204 };
    },
  });
}

/** What a stream can be made of. */
function sourceOperations(streams: StreamService): Operation[] {
  return [
    operation({
      id: 'probeSource',
      method: 'post',
      path: '/api/v1/probe',
      tag: 'streams',
      summary: 'What a source is, or why it can not be used',
      access: 'admin',
      body: sourceInput,
      responses: { 200: { description: 'What the source is', schema: sourceInfo } },
      errors: [...SOURCE_ERRORS],
      handle: async ({ body, signal }) => ({ json: await streams.probe(body, signal) }),
    }),
    operation({
      id: 'listModels',
      method: 'get',
      path: '/api/v1/models',
      tag: 'models',
      summary: 'Networks that streams may use',
      access: 'viewer',
      responses: { 200: { description: 'All models', schema: z.array(modelView) } },
      errors: [],
      handle: () => ({ json: streams.models() }),
    }),
  ];
}
