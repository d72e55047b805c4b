import { z } from 'zod';
import { jobId } from './jobs-schema.js';

/** Parts of the paths of a job, as the OpenAPI document shows them. */
export const jobParams = { id: jobId };

export const maskParams = { id: jobId, number: z.int().min(0).meta({ description: 'Of the frame' }) };
