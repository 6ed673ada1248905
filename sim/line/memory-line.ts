import type { OpenPort, Port } from '#hardware/port.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { Random } from '../random.ts'
import { heardAt } from './uart.ts'

/** What becomes of one chunk on its way: each piece arrives `afterMs` later than it should; none means lost. */
export type LineFault = (
  bytes: Uint8Array,
) => readonly { readonly bytes: Uint8Array; readonly afterMs: number }[]

export type MemoryLineOptions = {
  readonly path?: string
  /** Ten bits a byte at this speed; absent, bytes arrive in the same millisecond. */
  readonly baud?: number
  /** What the device is set to; whoever opens the line at another speed hears what a UART would make of it. */
  readonly deviceBaud?: () => number
  /** On the way from the simulated device to whoever opened the line. */
  readonly toAgent?: LineFault
  readonly toDevice?: LineFault
}

/** A wire in memory with the simulated device at one end (`peer`) and a socket at the other (`open`). */
export type MemoryLine = {
  readonly path: string
  readonly open: OpenPort
  readonly peer: Port
  /** Pulls the plug; `plug` puts it back. Bytes sent meanwhile are lost, as on a real wire. */
  unplug(): void
  plug(): void
  /** The other end stops taking bytes: writes run into their timeout. */
  jam(jammed: boolean): void
}

/** Stands in for a serial port wherever an `OpenPort` is wanted; all time comes from `clock`. */
export function createMemoryLine(clock: Clock, options: MemoryLineOptions = {}): MemoryLine {
  const path = options.path ?? 'memory'
  let plugged = true
  let jammed = false
  let generation = 0
  let agent: End | undefined

  let agentBaud = 0
  const across = (bytes: Uint8Array, sent: () => number, heard: () => number): Uint8Array =>
    options.deviceBaud === undefined ? bytes : heardAt(bytes, sent(), heard())
  const deviceBaud = (): number => options.deviceBaud?.() ?? agentBaud
  const toAgent = wire(clock, options, options.toAgent, bytes =>
    agent?.hear(across(bytes, deviceBaud, () => agentBaud)),
  )
  const toDevice = wire(clock, options, options.toDevice, bytes =>
    peer.hear(across(bytes, () => agentBaud, deviceBaud)),
  )
  const peer = endOf(
    clock,
    path,
    1,
    () => false,
    bytes => void (agent !== undefined && toAgent(bytes)),
  )

  return {
    path,
    peer: peer.port,
    open: (asked, { baud }) => {
      if (!plugged || asked !== path) return Promise.resolve(fault('PORT_ABSENT', `no line at ${asked}`))
      if (agent?.isOpen() === true) return Promise.resolve(fault('PORT_BUSY', `${path} is open already`))
      generation += 1
      agentBaud = baud
      agent = endOf(clock, path, generation, () => jammed, toDevice)
      return Promise.resolve(ok(agent.port))
    },
    unplug: () => {
      plugged = false
      agent?.end('unplugged')
    },
    plug: () => void (plugged = true),
    jam: on => void (jammed = on),
  }
}

/** `lineFaults(random, { drop: 0.1 })`: each chunk is lost, kept back, sent twice or left alone, by these shares. */
export function lineFaults(
  random: Random,
  shares: { readonly drop?: number; readonly late?: number; readonly duplicate?: number },
  lateMs: readonly [number, number] = [1, 200],
): LineFault {
  return bytes => {
    if (random.chance(shares.drop ?? 0)) return []
    const afterMs = random.chance(shares.late ?? 0) ? random.uniform(...lateMs) : 0
    const once = { bytes, afterMs }
    return random.chance(shares.duplicate ?? 0)
      ? [once, { bytes, afterMs: afterMs + random.uniform(...lateMs) }]
      : [once]
  }
}

type End = {
  readonly port: Port
  hear(bytes: Uint8Array): void
  end(reason: string): void
  isOpen(): boolean
}

function endOf(
  clock: Clock,
  path: string,
  generation: number,
  jammed: () => boolean,
  send: (bytes: Uint8Array) => void,
): End {
  const byteListeners: ((bytes: Uint8Array) => void)[] = []
  const closeListeners: ((reason: string) => void)[] = []
  const stuck = new Set<() => void>()
  let ended: string | undefined
  const end = (reason: string): void => {
    if (ended !== undefined) return
    ended = reason
    for (const release of stuck) release()
    for (const listener of closeListeners) listener(reason)
  }
  const port: Port = {
    path,
    generation,
    onBytes: listener => void byteListeners.push(listener),
    onClosed: listener => (ended === undefined ? void closeListeners.push(listener) : listener(ended)),
    write: (bytes, timeoutMs) => {
      if (ended !== undefined) return Promise.resolve(fault('PORT_ABSENT', ended))
      if (!jammed()) {
        send(bytes.slice())
        return Promise.resolve(ok(undefined))
      }
      return new Promise(resolve => {
        const cancel = clock.after(timeoutMs, () => {
          stuck.delete(release)
          resolve(fault('PORT_TIMEOUT', `not written after ${timeoutMs} ms`))
        })
        const release = (): void => {
          cancel()
          resolve(fault('PORT_ABSENT', 'the line was closed'))
        }
        stuck.add(release)
      })
    },
    close: () => {
      end('closed')
      return Promise.resolve()
    },
  }
  return {
    port,
    end,
    isOpen: () => ended === undefined,
    hear: bytes => {
      if (ended === undefined && bytes.length > 0) for (const listener of byteListeners) listener(bytes)
    },
  }
}

/** One direction. Bytes keep their order except where a fault says otherwise. */
function wire(
  clock: Clock,
  options: MemoryLineOptions,
  faults: LineFault | undefined,
  deliver: (bytes: Uint8Array) => void,
): (bytes: Uint8Array) => void {
  let freeAtMs = 0
  return bytes => {
    const nowMs = clock.now().monoMs
    const wireMs = options.baud === undefined ? 0 : (bytes.length * 10_000) / options.baud
    freeAtMs = Math.max(freeAtMs, nowMs) + wireMs
    for (const piece of faults?.(bytes) ?? [{ bytes, afterMs: 0 }])
      clock.after(freeAtMs - nowMs + piece.afterMs, () => deliver(piece.bytes))
  }
}
