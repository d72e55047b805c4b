import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MaskcastError } from '../../../../src/core/errors.js';
import { problem } from '../../../../src/delivery/http/api-schema.js';
import { parseInput, toProblem } from '../../../../src/delivery/http/problem.js';

describe('a problem', () => {
  it('says code, status and what was wrong', () => {
    const shown = toProblem(new MaskcastError('CONFLICT', 'there is a stream "a" already'));
    expect(problem.parse(shown)).toEqual({
      type: 'urn:maskcast:problem:conflict',
      title: 'Conflict',
      status: 409,
      detail: 'there is a stream "a" already',
      code: 'CONFLICT',
    });
  });

  it.each([
    new Error('password=hunter2'),
    'hunter2',
    new MaskcastError('INTERNAL', 'hunter2'),
    new MaskcastError('INFERENCE_FAILED', 'at /home/hunter2'),
    Object.assign(new Error('hunter2'), { status: 500 }),
  ])('of the server itself (%s) shows nothing of its inside', (error) => {
    const shown = toProblem(error);
    expect(shown.status).toBe(500);
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  it('of a body lists places, and at most twenty', () => {
    const schema = z.strictObject({ a: z.object({ b: z.array(z.number()) }) });
    const attempt = (value: unknown) => {
      try {
        parseInput('body', schema, value);
      } catch (error) {
        return toProblem(error).errors;
      }
      return undefined;
    };
    expect(attempt({ a: { b: [1, 'x'] } })).toEqual([{ path: 'a.b[1]', message: expect.stringContaining('number') }]);
    expect(attempt({ a: { b: Array(100).fill('x') } })).toHaveLength(20);
    expect(attempt({ a: { b: [] } })).toBeUndefined();
  });
});
