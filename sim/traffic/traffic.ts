import type { Random } from '../random.ts'

/**
 * What other people on the road do to a car: how many times as long an arc takes now, how different one drive is from the
 * next, and the reds it meets. Without traffic roads are driven at their own speed and every light is green.
 */
export type Traffic = {
  slowness(arc: number, atMs: number): number
  /** The same for all arcs of one drive. */
  trip(random: Random): number
  /** Milliseconds of standing before the junction at the arc's end; 0 when it is green. A patrol waits, a response is let through. */
  redMs(arc: number, isResponse: boolean, random: Random): number
}
