import { fault } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import { stepLine } from './line/line-keeper.ts'
import { newLine } from './line/line-state.ts'
import type { LineEffect, LineEvent, LineRules, LineState, Place } from './line/line-state.ts'
import type { OpenPort, Port } from './port.ts'

export type { LineState } from './line/line-state.ts'

export type ReopeningOptions = {
  readonly baud: number
  /** A line that was silent for longer is in trouble: three periods of what should talk on it. */
  readonly silenceMsMax: number
  readonly retryMs?: LineRules['retryMs']
  readonly restMs?: LineRules['restMs']
  /** Judges the bytes, and finds the speed at which they make sense. */
  readonly hunt?: {
    readonly speeds: readonly number[]
    /** The speed was found by listening, not assumed. */
    readonly isProved: boolean
    /** One judge for every open: takes bytes, gives the count of frames with a right sum so far. */
    readonly judge: () => (bytes: Uint8Array) => number
  }
  /** Asked when the path has not been there for 10 s: where else the same device is; null when nowhere for sure. */
  readonly lookElsewhere?: () => Promise<Place | null>
}

/** A port that outlives its plug: it is closed only by its owner. `generation` counts the lines it has had. */
export type ReopeningPort = Port & {
  readonly state: LineState
  readonly baud: number
  /** Called on every change of state; `why` is absent when the line is good again. */
  onState(listener: (state: LineState, why?: Fault) => void): void
  /** Called when a speed was proved by listening that was not known before. */
  onLocked(listener: (place: Place) => void): void
  /** Closes the line and opens it again at another speed. */
  useBaud(baud: number): void
}

const RETRY_MS = { first: 200, max: 500 }
const REST_MS = { first: 30_000, max: 300_000 }
const RESET_WITHIN_MS = 1_000

/**
 * Keeps a line open: performs what `line/line-keeper.ts` decides, for as long as it takes. Starts `no_device`, returns
 * at once; `write` on a line that is not there is a fault `PORT_ABSENT`.
 */
export function openReopeningPort(
  open: OpenPort,
  path: string,
  options: ReopeningOptions,
  clock: Clock,
): ReopeningPort {
  const keeper = newLine({
    path,
    baud: options.baud,
    silenceMsMax: options.silenceMsMax,
    retryMs: options.retryMs ?? RETRY_MS,
    restMs: options.restMs ?? REST_MS,
    speeds: options.hunt?.speeds ?? null,
    isProved: options.hunt?.isProved ?? true,
    looksElsewhere: options.lookElsewhere !== undefined,
  })
  const byteListeners: ((bytes: Uint8Array) => void)[] = []
  const stateListeners: ((state: LineState, why?: Fault) => void)[] = []
  const lockListeners: ((place: Place) => void)[] = []
  const closeListeners: ((reason: string) => void)[] = []
  let line: { readonly port: Port; readonly open: number } | undefined
  let generation = 0
  let closed = false
  let armedForMs: number | null = null
  let cancelTimer = (): void => {}

  const feed = (event: LineEvent): void => void feedWhole(event)
  /** Resolves when everything the event led to is done. */
  const feedWhole = async (event: LineEvent): Promise<void> => {
    const performed = stepLine(keeper, event, clock.now().monoMs).map(perform)
    arm()
    await Promise.all(performed)
  }
  /** One timer, moved only when the moment did: a busy line would set thousands of them. */
  const arm = (): void => {
    if (keeper.dueMs === armedForMs) return
    armedForMs = keeper.dueMs
    cancelTimer()
    if (armedForMs !== null)
      cancelTimer = clock.after(Math.max(0, armedForMs - clock.now().monoMs), () => {
        armedForMs = null
        feed({ type: 'tick' })
      })
  }
  const perform = async (effect: LineEffect): Promise<void> => {
    switch (effect.do) {
      case 'open':
        return adopt(effect.open, await open(effect.path, { baud: effect.baud }))
      case 'release': {
        const old = line?.open === effect.open ? line.port : undefined
        if (old) line = undefined
        await old?.close()
        return feed({ type: 'released', open: effect.open })
      }
      case 'reset':
        return void (await line?.port.reset?.(RESET_WITHIN_MS))
      case 'tell':
        for (const listener of stateListeners) listener(effect.state, effect.why)
        return
      case 'locked':
        for (const listener of lockListeners) listener({ path: effect.path, baud: effect.baud })
        return
      case 'look-elsewhere':
        return feed({ type: 'elsewhere', place: (await options.lookElsewhere?.()) ?? null })
    }
  }
  const adopt = (number: number, opened: Result<Port>): void => {
    if (!opened.ok) return feed({ type: 'refused', open: number, why: opened })
    const port = opened.value
    if (closed || number !== keeper.open) return void port.close()
    line = { port, open: number }
    generation += 1
    const judge = options.hunt?.judge()
    port.onBytes(bytes => {
      if (line?.port !== port) return
      feed({ type: 'heard', open: number, sense: judge === undefined ? null : judge(bytes) })
      for (const listener of byteListeners) listener(bytes)
    })
    feed({ type: 'opened', open: number })
    port.onClosed(reason => feed({ type: 'gone', open: number, why: fault('PORT_ABSENT', reason) }))
  }

  feed({ type: 'start' })
  return {
    path,
    get generation() {
      return generation
    },
    get state() {
      return keeper.told
    },
    get baud() {
      return keeper.baud
    },
    onBytes: listener => void byteListeners.push(listener),
    onClosed: listener => (closed ? listener('closed') : void closeListeners.push(listener)),
    onState: listener => void stateListeners.push(listener),
    onLocked: listener => void lockListeners.push(listener),
    useBaud: baud => feed({ type: 'retune', baud }),
    write: async (bytes, timeoutMs) => {
      const target = line
      if (target === undefined) return fault('PORT_ABSENT', `${path} is ${keeper.told}`)
      const result = await target.port.write(bytes, timeoutMs)
      // Bytes stuck in the driver would come out in the middle of a later conversation.
      if (!result.ok && result.code === 'PORT_TIMEOUT')
        feed({ type: 'stuck', open: target.open, why: result })
      return result
    },
    close: async () => {
      if (closed) return
      closed = true
      for (const listener of closeListeners) listener('closed')
      await feedWhole({ type: 'close' })
    },
  }
}
