import { z } from 'zod'

/** RFC 9457; `code` is stable, `detail` says what to do. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
})
export type Problem = z.infer<typeof Problem>
