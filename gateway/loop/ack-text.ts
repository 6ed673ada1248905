import type { Ack } from '#protocols/session.ts'

/**
 * An ack as JSON, field by field: one goes to every device after every commit, and none of its fields can hold what JSON
 * would escape.
 */
export function ackText(ack: Ack, pauseMs: number | undefined): string {
  const { v, ledgerId, generation, epoch, lane, upTo, sum } = ack
  const told = sum === undefined ? '' : `,"sum":"${sum}"`
  const pause = pauseMs === undefined ? '' : `,"pauseMs":${pauseMs}`
  return `{"v":${v},"ledgerId":"${ledgerId}","generation":${generation},"epoch":"${epoch}","lane":"${lane}","upTo":${upTo}${told}${pause}}`
}
