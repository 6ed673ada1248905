import type { Clock } from '#protocols/time.ts'

/**
 * What a camera does with an order to record:
 *
 *     normal          records after 300 ms
 *     asleep          hears nothing, until its button wakes it: that recording begins after 1.5 s
 *     nack            refuses: its card is full. By contact it can only start and stop again after 100 ms
 *     late            records after 1.5 s
 *     lies-started    takes the order and does not record
 *     lies-recording  says that it records, and writes nothing
 */
export const CAMERA_MODES = ['normal', 'asleep', 'nack', 'late', 'lies-started', 'lies-recording'] as const
export type CameraMode = (typeof CAMERA_MODES)[number]

/** A body camera and its officer's button, whatever connects it to the car. */
export type SimCamera = {
  readonly recording: boolean
  /** Who started the recording that runs; null while none does. */
  readonly startedBy: 'trigger' | 'officer' | null
  readonly mode: CameraMode
  setMode(mode: CameraMode): void
  /** The officer's own button: starts a recording or stops whatever runs. */
  press(): void
}

export type CameraBody = SimCamera & {
  /** Recordings begun and ended, and who had begun those that an order ended. */
  readonly log: readonly CameraDeed[]
  /** What it says of itself, which need not be true. */
  says(): { readonly recording: boolean; readonly bytes: number }
  /** False while it sleeps or boots: then it hears nothing. */
  hears(): boolean
  /** An order from the car. False when it refuses. */
  order(): boolean
  /** The order of a contact that opens: ends whatever runs, whoever began it. */
  end(): void
  /** Battery out and in: the recording ends, and for two seconds it is not there. */
  reboot(): void
  onChange(listener: () => void): void
}

export type CameraDeed = {
  readonly atMs: number
  readonly what: 'began' | 'ended'
  readonly by: 'trigger' | 'officer'
  /** Of an end: the button, the car or the camera itself. */
  readonly how?: 'button' | 'car' | 'itself'
}

const START_MS = 300
const LATE_MS = 1_500
const WAKE_MS = 1_500
const NACK_MS = 100
const BOOT_MS = 2_000
const BYTES_PER_MS = 500

export function createCameraBody(clock: Clock): CameraBody {
  let mode: CameraMode = 'normal'
  let startedBy: SimCamera['startedBy'] = null
  let sinceMs = 0
  let bootUntilMs = -Infinity
  let starting: 'trigger' | 'officer' | null = null
  let cancel = (): void => {}
  const deeds: CameraDeed[] = []
  const listeners: (() => void)[] = []
  const nowMs = (): number => clock.now().monoMs
  const isBooting = (): boolean => nowMs() < bootUntilMs

  const begin = (by: 'trigger' | 'officer'): void => {
    startedBy = by
    starting = null
    sinceMs = nowMs()
    deeds.push({ atMs: nowMs(), what: 'began', by })
    for (const listener of listeners) listener()
  }
  const stop = (how: NonNullable<CameraDeed['how']>): void => {
    cancel()
    starting = null
    if (startedBy === null) return
    deeds.push({ atMs: nowMs(), what: 'ended', by: startedBy, how })
    startedBy = null
    for (const listener of listeners) listener()
  }
  const beginAfter = (ms: number, by: 'trigger' | 'officer', then: () => void = () => {}): void => {
    cancel()
    starting = by
    cancel = clock.after(ms, () => {
      begin(by)
      then()
    })
  }
  const hears = (): boolean => mode !== 'asleep' && !isBooting()

  return {
    get recording() {
      return startedBy !== null
    },
    get startedBy() {
      return startedBy
    },
    get mode() {
      return mode
    },
    log: deeds,
    setMode: next => void (mode = next),
    says: () => ({
      recording: startedBy !== null || (mode === 'lies-recording' && !isBooting()),
      bytes: startedBy === null ? 0 : Math.round((nowMs() - sinceMs) * BYTES_PER_MS),
    }),
    hears,
    order: () => {
      if (!hears()) return true
      // Who was told first begins the recording; an order to a camera that records begins nothing.
      if (startedBy !== null || starting !== null) return true
      if (mode === 'lies-started' || mode === 'lies-recording') return true
      if (mode === 'nack')
        beginAfter(START_MS, 'trigger', () => (cancel = clock.after(NACK_MS, () => stop('itself'))))
      else beginAfter(mode === 'late' ? LATE_MS : START_MS, 'trigger')
      return mode !== 'nack'
    },
    end: () => {
      if (!hears()) return
      if (starting === 'trigger') {
        cancel()
        starting = null
      }
      stop('car')
    },
    press: () => {
      if (isBooting()) return
      if (startedBy !== null) return stop('button')
      if (starting !== null) return
      if (mode === 'asleep') {
        mode = 'normal'
        beginAfter(WAKE_MS, 'officer')
      } else begin('officer')
    },
    reboot: () => {
      stop('itself')
      bootUntilMs = nowMs() + BOOT_MS
      clock.after(BOOT_MS, () => listeners.forEach(listener => listener()))
    },
    onChange: listener => void listeners.push(listener),
  }
}
