import { z } from 'zod';

/** Figures of others, kept by hand in `published.json`, each with its source. */
export const published = z.strictObject({
  data: z.string(),
  rows: z.array(
    z.strictObject({
      model: z.string(),
      parameters: z.string(),
      mIoU: z.string(),
      trainedOn: z.string(),
      source: z.string(),
      url: z.url().optional(),
    }),
  ),
});
export type Published = z.infer<typeof published>;
