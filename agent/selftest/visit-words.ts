import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import type { PortFinding, StepFault, WalkResult, WalkView } from '#protocols/technician.ts'

/** `: what was seen. What to do about it [CODE]`. */
export const words = ({ code, detail }: StepFault): string =>
  `: ${detail.replace(/^Error: /, '')}${remedy(code)}`

export const remedy = (code: string | null): string =>
  code === null ? '' : `. ${ERROR_CODES[code as ErrorCode] ?? ''} [${code}]`

/** One port in one line: what it is, how sure, and what makes it so; or what to do about it. */
export function findingWords({ path, is, baud, score, gnss, panel, fault }: PortFinding): string {
  const at = baud === null ? '' : ` at ${baud} baud, ${score} % sure`
  switch (is) {
    case 'gnss': {
      const { validPerSecond = 0, invalidPerSecond = 0, talkers = [] } = gnss ?? {}
      const damaged = invalidPerSecond > 0 ? `, ${invalidPerSecond}/s damaged` : ''
      const what = talkers[0] === 'gpsd' ? 'reports' : 'sentences'
      return `${path} gnss${at}: ${validPerSecond} ${what}/s of ${talkers.join(' ')}${damaged}`
    }
    case 'panel':
      return `${path} panel${at}: ${panel?.title ?? ''}, address ${panel?.address ?? '?'}`
    case 'silent':
      return `${path} silent: nothing heard, no module answers. Power? A and B the right way round?`
    case 'unclear':
      return `${path} unclear: bytes, and no sense at any speed. Ground wire? Another kind of device?`
    case 'refused':
      return `${path} refused${fault ? words(fault) : ''}`
  }
}

const clock = (utcMs: number): string => new Date(utcMs).toISOString().slice(11, 23)

/** What was found of one input, and for a wrong one what to do, each in a line. */
export function resultWords({
  channel,
  outcome,
  terminal,
  expectedTerminal,
  activeWhen,
  onAt,
  offAt,
  reason,
}: WalkResult): readonly string[] {
  if (terminal === null) return [`${channel} ${outcome}: ${reason}`]
  const found = `${channel} ${outcome} at terminal ${terminal}`
  const belongs = `terminal ${expectedTerminal ?? '?'}`
  const turned = `it is ${activeWhen ?? '?'} when on, the profile says the other way round`
  switch (outcome) {
    case 'right':
      return [`${found}, on ${clock(onAt ?? 0)}, off ${clock(offAt ?? 0)} UTC`]
    case 'swapped':
      return [found, `  move the wire to ${belongs}, or take the wiring as found (reach5 technician)`]
    case 'inverted':
      return [found, `  ${turned}: use the other contact, or take the wiring as found (reach5 technician)`]
    case 'swapped_inverted':
      return [
        found,
        `  move the wire to ${belongs}; ${turned}; or take the wiring as found (reach5 technician)`,
      ]
    case 'skipped':
      return [`${channel} ${outcome}: ${reason}`]
  }
}

export function puzzleWords(
  { is, inputs }: NonNullable<WalkView['puzzle']>,
  names: readonly string[],
): string {
  const terminals = inputs.map(input => names[input] ?? input + 1).join(', ')
  switch (is) {
    case 'several':
      return `terminals ${terminals} moved together: put all back, then move only this one`
    case 'taken':
      return `terminal ${terminals} already belongs to another input: was it the right switch?`
    case 'slow':
      return 'nothing moved yet. Wire loose? Fuse? s skips it'
  }
}
