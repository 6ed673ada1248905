import { z } from 'zod'

/** RFC 3339 UTC with milliseconds. */
export const Time = z.iso.datetime({ precision: 3 })
