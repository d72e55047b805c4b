import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.js';
import { SOCKET_PATH } from '../wire/protocol.js';
import { problem, streamId } from './api-schema.js';
import { type Operation, operation } from './operation.js';
import { PROBLEM_TYPE, statusOf } from './problem.js';

type Json = Record<string, unknown>;

/** Codes that every operation may answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = ['BAD_REQUEST', 'ORIGIN_REJECTED', 'RATE_LIMITED', 'INTERNAL'];

/** The document of all operations, itself included. Made once; it can't change while the server runs. */
export function openApiOperation(operations: readonly Operation[]): Operation {
  let document: Json | undefined;
  const own: Operation = operation({
    id: 'getOpenApi',
    method: 'get',
    path: '/api/openapi.json',
    tag: 'health',
    summary: 'This document',
    access: 'open',
    responses: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
    errors: [],
    handle: () => {
      document ??= openApiDocument([...operations, own]);
      return { json: document };
    },
  });
  return own;
}

/** OpenAPI 3.1, made from the very schemas that validate. Pure. */
export function openApiDocument(operations: readonly Operation[]): Json {
  const schemas = new SchemaWriter();
  const paths: Record<string, Json> = {};
  for (const each of operations) paths[each.path] = { ...paths[each.path], [each.method]: describe(each, schemas) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Maskcast',
      version: '1',
      summary: 'Live semantic segmentation of cameras and videos',
      description: `Frames with masks come over WebSocket at ${SOCKET_PATH}{id}; docs/protocol.md describes them.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '..' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: schemas.named, securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  query: { type: 'apiKey', in: 'query', name: 'token', description: 'For <img>, which can send no header' },
};

const ACCESS: Readonly<Record<Operation['access'], string>> = {
  open: 'Needs no token.',
  viewer: 'Needs a viewer or admin token.',
  admin: 'Needs an admin token.',
};

function describe(operation: Operation, schemas: SchemaWriter): Json {
  const { id, tag, summary, description, access, query, body, upload, responses, errors } = operation;
  const json = (schema: z.ZodType) => ({ 'application/json': { schema: schemas.write(schema, 'input') } });
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description ?? `${summary}.`, ACCESS[access]].join(' '),
    security: access === 'open' ? [] : [{ bearer: [] }, { query: [] }],
    parameters: [...pathParameters(operation, schemas), ...queryParameters(query, schemas)],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    ...(upload && { requestBody: { required: true, content: ANY_FILE } }),
    responses: { ...successes(responses, schemas), ...failures(access, body !== undefined, errors, schemas) },
  };
}

const ANY_FILE = { 'application/octet-stream': {}, 'video/*': {} };

function pathParameters({ path, params = { id: streamId } }: Operation, schemas: SchemaWriter): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: schemas.write(params[name] ?? z.string(), 'input'),
  }));
}

function queryParameters(query: z.ZodType | undefined, schemas: SchemaWriter): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemas.write(query, 'input') as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, value]) => {
    const { description, ...schema } = value as Json;
    return { name, in: 'query', required: required.includes(name), ...(description ? { description } : {}), schema };
  });
}

function successes(responses: Operation['responses'], schemas: SchemaWriter): Json {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, contentType }]) => {
      if (!schema && !contentType) return [status, { description }];
      const media = schema ? { schema: schemas.write(schema, 'output') } : {};
      return [status, { description, content: { [contentType ?? 'application/json']: media } }];
    }),
  );
}

/** One answer a status; its codes are listed. */
function failures(
  access: Operation['access'],
  hasBody: boolean,
  errors: readonly ErrorCode[],
  schemas: SchemaWriter,
): Json {
  const codes = new Set<ErrorCode>([...COMMON_ERRORS, ...errors]);
  if (access !== 'open') codes.add('UNAUTHENTICATED');
  if (access === 'admin') codes.add('FORBIDDEN');
  if (hasBody) codes.add('TOO_LARGE');
  const content = { [PROBLEM_TYPE]: { schema: schemas.write(problem, 'output') } };
  const answers: Record<number, { description: string; content: Json }> = {};
  for (const code of codes) {
    const answer = answers[statusOf(code)];
    const description = answer ? `${answer.description}, \`${code}\`` : `\`${code}\``;
    answers[statusOf(code)] = { description, content };
  }
  return answers;
}

/** Turns zod schemas into JSON schemas; those with an `id` land in `named` and are referred to. */
class SchemaWriter {
  readonly named: Record<string, unknown> = {};

  write(schema: z.ZodType, io: 'input' | 'output'): Json {
    // Wrapped, so that a schema with an id is a definition and not the root.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), { io });
    const text = JSON.stringify([properties?.it, $defs]);
    const [json, named] = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as [Json, Json];
    for (const [name, definition] of Object.entries(named)) {
      const { id: _, ...rest } = definition as Json;
      this.named[name] = rest;
    }
    return json;
  }
}
