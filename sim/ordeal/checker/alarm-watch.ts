import type { Findings } from './findings.ts'

type Press = { readonly deviceId: string; state: 'asked' | 'stored' | 'refused' | 'excused' }
type AlarmRow = { readonly deviceId: string; readonly pressId?: string }

/** Every press alarms once: stored, it always does; refused, as long as the computer that was pressed does not die of it. */
export class AlarmWatch {
  readonly #findings: Findings
  readonly #presses = new Map<string, Press>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  asked(deviceId: string, pressId: string): void {
    this.#presses.set(pressId, { deviceId, state: 'asked' })
  }

  answered(pressId: string, isStored: boolean): void {
    const press = this.#presses.get(pressId)
    if (press !== undefined && press.state !== 'excused') press.state = isStored ? 'stored' : 'refused'
  }

  /** The computer is gone, and with it what only its memory held. */
  gone(deviceId: string): void {
    for (const press of this.#presses.values())
      if (press.deviceId === deviceId && press.state !== 'stored') press.state = 'excused'
  }

  /** An alarm that nobody had heard of no longer reads: they hear that a record is lost, and not which. */
  rotted(body: string): void {
    const { pressId } = JSON.parse(body) as AlarmRow
    const press = pressId === undefined ? undefined : this.#presses.get(pressId)
    if (press !== undefined) press.state = 'excused'
  }

  get count(): number {
    return [...this.#presses.values()].filter(press => press.state === 'stored').length
  }

  /** Whether every press that must alarm is in `rows`. */
  isSettled(rows: Iterable<unknown>): boolean {
    const alarmed = countsOf(rows)
    for (const [pressId, { state }] of this.#presses)
      if (MUST_ALARM.has(state) && !alarmed.has(pressId)) return false
    return true
  }

  close(rows: Iterable<unknown>): void {
    const alarmed = countsOf(rows)
    for (const [pressId, { deviceId, state }] of this.#presses) {
      const count = alarmed.get(pressId) ?? 0
      if (count > 1) this.#findings.add('alarmedTwice', deviceId, `press ${pressId}`)
      if (count === 0 && MUST_ALARM.has(state))
        this.#findings.add('untold', deviceId, `press ${pressId}, ${state}`)
    }
  }
}

const MUST_ALARM: ReadonlySet<Press['state']> = new Set(['stored', 'refused'])

function countsOf(rows: Iterable<unknown>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const { pressId } = row as AlarmRow
    if (pressId !== undefined) counts.set(pressId, (counts.get(pressId) ?? 0) + 1)
  }
  return counts
}
