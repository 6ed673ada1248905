import { fault } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { OpenPort, Port } from './port.ts'

/** `no_device`: nothing to open, or it was pulled out. `stalled`: it is open and says nothing, or takes nothing. */
export type LineState = 'open' | 'no_device' | 'stalled'

export type ReopeningOptions = {
  readonly baud: number
  /** A line that was silent for longer is closed and opened again: three periods of what should talk on it. */
  readonly silenceMsMax: number
  /** First and longest wait before the next try; it grows by 1.6 each time and starts anew once a byte was heard. */
  readonly retryMs?: { readonly first: number; readonly max: number }
}

/** A port that outlives its plug: it is closed only by its owner. `generation` counts the lines it has had. */
export type ReopeningPort = Port & {
  readonly state: LineState
  readonly baud: number
  /** Called on every change of state; `why` is absent when the line is good again. */
  onState(listener: (state: LineState, why?: Fault) => void): void
  /** Closes the line and opens it again at another speed. */
  useBaud(baud: number): void
}

/** Two seconds: a replugged receiver is heard again within three. */
const RETRY_MS = { first: 200, max: 2000 }
const RETRY_GROWTH = 1.6

/**
 * Keeps a line open: opens it, opens it again after an unplug, a silence or a stuck write, for as long as it takes.
 * Starts `no_device`, returns at once; `write` on a line that is not there is a fault `PORT_ABSENT`.
 */
export function openReopeningPort(
  open: OpenPort,
  path: string,
  options: ReopeningOptions,
  clock: Clock,
): ReopeningPort {
  const retry = options.retryMs ?? RETRY_MS
  const byteListeners: ((bytes: Uint8Array) => void)[] = []
  const stateListeners: ((state: LineState, why?: Fault) => void)[] = []
  const closeListeners: ((reason: string) => void)[] = []
  let line: Port | undefined
  let state: LineState = 'no_device'
  let baud = options.baud
  let generation = 0
  let waitMs = retry.first
  let closed = false
  let heard = false
  let cancelTimer = (): void => {}

  const after = (ms: number, run: () => void): void => {
    cancelTimer()
    cancelTimer = clock.after(ms, run)
  }
  const report = (next: LineState, why?: Fault): void => {
    if (next === state) return
    state = next
    for (const listener of stateListeners) listener(next, why)
  }
  const retryLater = (): void => {
    after(waitMs, () => void tryOpen())
    waitMs = Math.min(retry.max, waitMs * RETRY_GROWTH)
  }
  const drop = async (next: LineState, why?: Fault): Promise<void> => {
    const old = line
    line = undefined
    cancelTimer()
    report(next, why)
    await old?.close()
    if (!closed && line === undefined) retryLater()
  }
  const watchSilence = (): void => {
    heard = false
    after(options.silenceMsMax, () => {
      if (heard) watchSilence()
      else void drop('stalled', fault('PORT_SILENT', `nothing heard for ${options.silenceMsMax} ms`))
    })
  }
  const tryOpen = async (): Promise<void> => {
    const opened = await open(path, { baud })
    if (closed) return void (opened.ok && (await opened.value.close()))
    if (!opened.ok) {
      report('no_device', opened)
      return retryLater()
    }
    adopt(opened.value)
  }
  const adopt = (next: Port): void => {
    line = next
    generation += 1
    // A stalled line that merely opens again has proved nothing: it stays `stalled` until it speaks.
    if (state === 'no_device') report('open')
    watchSilence()
    next.onBytes(bytes => {
      if (line !== next) return
      heard = true
      waitMs = retry.first
      report('open')
      for (const listener of byteListeners) listener(bytes)
    })
    next.onClosed(reason => {
      if (line === next) void drop('no_device', fault('PORT_ABSENT', reason))
    })
  }

  void tryOpen()
  return {
    path,
    get generation() {
      return generation
    },
    get state() {
      return state
    },
    get baud() {
      return baud
    },
    onBytes: listener => void byteListeners.push(listener),
    onClosed: listener => (closed ? listener('closed') : void closeListeners.push(listener)),
    onState: listener => void stateListeners.push(listener),
    useBaud: next => {
      baud = next
      if (line !== undefined) void drop(state)
    },
    write: async (bytes, timeoutMs) => {
      const target = line
      if (target === undefined) return fault('PORT_ABSENT', `${path} is ${state}`)
      const result = await target.write(bytes, timeoutMs)
      // Bytes stuck in the driver would come out in the middle of a later conversation.
      if (!result.ok && result.code === 'PORT_TIMEOUT' && line === target) void drop('stalled', result)
      return result
    },
    close: async () => {
      if (closed) return
      closed = true
      cancelTimer()
      const old = line
      line = undefined
      for (const listener of closeListeners) listener('closed')
      await old?.close()
    },
  }
}
