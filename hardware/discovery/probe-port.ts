import { encodeRequest, readReply } from '#protocols/modbus/frames.ts'
import type { Fault } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { PortFinding } from '#protocols/technician.ts'
import { RECEIVER_SPEEDS } from '../line/speed-hunt.ts'
import { PANEL_DEVICES } from '../panel/device-table.ts'
import type { PanelDevice } from '../panel/device-table.ts'
import { isGpsd } from '../gnss/gpsd-name.ts'
import type { OpenPort, Port } from '../port.ts'
import { GnssListener, gnssScore, isReceiver } from './gnss-trial.ts'
import type { GnssTrial } from './gnss-trial.ts'
import { probeGpsd } from './probe-gpsd.ts'

/*
 * One port, asked the polite way round: listen before speaking.
 *
 *     hear bytes at some speed ── sums right ──> a receiver
 *            │      └── garbage: next speed; at none of them sense ──> unclear, and nobody writes to it
 *            └── nothing for 2.2 s: a receiver talks at any speed, so this is none
 *                     ask address 1..n at every speed of the table ── three answers ──> a panel
 *                                                                  └──> silent
 */

const PANEL_BAUDS = [38_400, 9_600, 19_200, 115_200, 57_600, 4_800] as const
/** At least 2.2 periods of a receiver at 1 Hz: a shorter look retunes away from the right speed. */
const DWELL_MS = 2_200
/** A clean line is believed sooner. */
const DWELL_SURE_MS = 1_100
const REPLY_MS = 60
/** Quiet after an unanswered question, so that its answer is not taken for the next one's. */
const GUARD_MS = 25
const ANSWERS_ENOUGH = 3
export const ADDRESSES = 8

export type ProbeOptions = {
  /** Tried before the others. */
  readonly lastBaud?: number
  readonly addresses?: number
  /** Nothing is written: only receivers are found. */
  readonly listenOnly?: boolean
}

/** Finds out what is at the other end of a line; never throws, never leaves the line open. */
export async function probePort(
  open: OpenPort,
  path: string,
  clock: Clock,
  options: ProbeOptions = {},
): Promise<PortFinding> {
  if (isGpsd(path)) return probeGpsd(open, path, clock)
  const heard = await hunt(open, path, clock, bauds(RECEIVER_SPEEDS, options))
  if ('fault' in heard) return { ...NOTHING, path, is: 'refused', fault: codeOf(heard.fault) }
  if (heard.trial !== null && isReceiver(heard.trial)) return receiver(path, heard.baud, heard.trial)
  if (heard.anything) return { ...NOTHING, path, is: 'unclear' }
  if (options.listenOnly === true) return { ...NOTHING, path, is: 'silent' }
  return (await findPanel(open, path, clock, options)) ?? { ...NOTHING, path, is: 'silent' }
}

const NOTHING = { baud: null, score: 0, gnss: null, panel: null, fault: null } as const
const codeOf = ({ code, detail }: Fault): { code: string; detail: string } => ({ code, detail })
const bauds = (table: readonly number[], { lastBaud }: ProbeOptions): readonly number[] =>
  lastBaud === undefined ? table : [lastBaud, ...table.filter(baud => baud !== lastBaud)]

type Heard = { readonly baud: number; readonly trial: GnssTrial | null; readonly anything: boolean }

async function hunt(
  open: OpenPort,
  path: string,
  clock: Clock,
  speeds: readonly number[],
): Promise<Heard | { readonly fault: Fault }> {
  let anything = false
  for (const baud of speeds) {
    const opened = await open(path, { baud })
    if (!opened.ok) return { fault: opened }
    const trial = await listen(opened.value, clock)
    await opened.value.close()
    anything ||= trial.bytes > 0
    if (isReceiver(trial) || !anything) return { baud, trial, anything }
  }
  return { baud: 0, trial: null, anything }
}

async function listen(port: Port, clock: Clock): Promise<GnssTrial> {
  const listener = new GnssListener()
  port.onBytes(bytes => listener.feed(bytes))
  await waited(clock, DWELL_SURE_MS)
  if (gnssScore(listener.trial()) < 100) await waited(clock, DWELL_MS - DWELL_SURE_MS)
  return listener.trial()
}

const receiver = (path: string, baud: number, trial: GnssTrial): PortFinding => {
  const perSecond = (count: number): number => Math.round((count / (DWELL_MS / 1000)) * 10) / 10
  return {
    ...NOTHING,
    path,
    is: 'gnss',
    baud,
    score: gnssScore(trial),
    gnss: {
      validPerSecond: perSecond(trial.valid),
      invalidPerSecond: perSecond(trial.invalid),
      talkers: [...trial.talkers],
    },
  }
}

/** Address 1 at every speed first: most modules are asked nothing else all their lives. */
async function findPanel(
  open: OpenPort,
  path: string,
  clock: Clock,
  options: ProbeOptions,
): Promise<PortFinding | undefined> {
  const count = options.addresses ?? ADDRESSES
  const rounds = [[1], Array.from({ length: count - 1 }, (_, i) => i + 2)]
  for (const addresses of rounds) {
    for (const baud of bauds(PANEL_BAUDS, options)) {
      const opened = await open(path, { baud })
      if (!opened.ok) return { ...NOTHING, path, is: 'refused', fault: codeOf(opened) }
      const found = await askAll(opened.value, clock, addresses)
      await opened.value.close()
      if (found) return panel(path, baud, found)
    }
  }
  return undefined
}

type Answered = { readonly address: number; readonly contacts: readonly boolean[]; readonly answers: number }

async function askAll(port: Port, clock: Clock, addresses: readonly number[]): Promise<Answered | undefined> {
  let heard = new Uint8Array(0)
  let wake = (): void => {}
  port.onBytes(bytes => {
    heard = Uint8Array.of(...heard.subarray(-64), ...bytes)
    wake()
  })
  /** One question, its answer or undefined after `REPLY_MS`. */
  const ask = async (address: number): Promise<readonly boolean[] | undefined> => {
    const request = { kind: 'read-inputs', address, ...PANEL_DEVICES[0]!.inputs } as const
    heard = new Uint8Array(0)
    await port.write(encodeRequest(request), REPLY_MS)
    const untilMs = clock.now().monoMs + REPLY_MS
    for (;;) {
      const reply = readReply(request, heard)
      if (reply.is === 'frame') return reply.value.kind === 'bits' ? reply.value.bits : undefined
      const leftMs = untilMs - clock.now().monoMs
      if (reply.is === 'wrong' || leftMs <= 0) break
      await new Promise<void>(resolve => {
        const cancel = clock.after(leftMs, resolve)
        wake = () => {
          cancel()
          resolve()
        }
      })
    }
    await waited(clock, GUARD_MS)
    // On a busy computer the timer runs before what lay on the line is read: nothing else was asked, so it is this answer.
    const late = readReply(request, heard)
    return late.is === 'frame' && late.value.kind === 'bits' ? late.value.bits : undefined
  }
  for (const address of addresses) {
    const first = await ask(address)
    if (first === undefined) continue
    let answers = 1
    let contacts = first
    for (let i = 1; i < ANSWERS_ENOUGH + 1; i++) {
      const again = await ask(address)
      if (again === undefined) continue
      answers += 1
      contacts = again
    }
    if (answers >= ANSWERS_ENOUGH) return { address, contacts, answers }
  }
  return undefined
}

const panel = (path: string, baud: number, { address, contacts, answers }: Answered): PortFinding => {
  const [device, ...others] = PANEL_DEVICES.filter(row => answersAlike(row, PANEL_DEVICES[0]!))
  return {
    ...NOTHING,
    path,
    is: 'panel',
    baud,
    score: Math.round((100 * answers) / (ANSWERS_ENOUGH + 1)),
    panel: {
      address,
      device: device!.id,
      title: device!.title,
      alternatives: others.map(row => row.id),
      contacts: [...contacts],
    },
  }
}

/** The poll alone cannot tell these apart; a person can, by what is printed on the module. */
const answersAlike = (a: PanelDevice, b: PanelDevice): boolean =>
  a.inputs.from === b.inputs.from && a.inputs.start === b.inputs.start && a.inputs.count === b.inputs.count

const waited = (clock: Clock, ms: number): Promise<void> =>
  new Promise(resolve => void clock.after(ms, resolve))
