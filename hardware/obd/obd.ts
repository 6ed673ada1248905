import type { Gauge } from '#protocols/equipment.ts'

/*
 * OBD-II over CAN (ISO 15765-4, SAE J1979), one frame each way, service 01 "current data":
 *
 *   ask     7DF  02 01 pp 00 00 00 00 00           to whoever knows
 *   answer  7E8  nn 41 pp aa bb .. ..              7E8-7EF: the engine's computer and its neighbours
 *   refusal 7E8  03 7F 01 cc
 *
 *   0C  engine speed      (256 a + b) / 4 rpm
 *   0D  vehicle speed     a km/h
 *   42  module voltage    (256 a + b) / 1000 V
 */

export const PIDS = [0x0d, 0x0c, 0x42] as const
export type Pid = (typeof PIDS)[number]

export type ObdReply = { readonly pid: Pid; readonly gauge: Gauge; readonly value: number }

/** Bytes of the question: `02 01 0D 00 00 00 00 00`. */
export const obdRequest = (pid: Pid): Uint8Array => Uint8Array.of(2, 1, pid, 0, 0, 0, 0, 0)

export const OBD_ASK_ID = 0x7df
export const OBD_ANSWER_ID = 0x7e8
const ANSWER_IDS = 8

/** An answer to one of our questions; undefined for every other frame, and for one that is too short for what it says. */
export function readObdFrame(id: number, data: Uint8Array): ObdReply | undefined {
  if (id < OBD_ANSWER_ID || id >= OBD_ANSWER_ID + ANSWER_IDS) return undefined
  const length = data[0] ?? 0
  return length > 7 || length >= data.length ? undefined : readObdData(data.subarray(1, 1 + length))
}

/** The data of an answer without its frame, as an ELM327 prints it: `41 0D 32` is 50 km/h. */
export function readObdData(data: Uint8Array): ObdReply | undefined {
  const pid = PIDS.find(known => known === data[1])
  if (data[0] !== 0x41 || pid === undefined) return undefined
  const [a, b] = [data[2], data[3]]
  if (a === undefined) return undefined
  switch (pid) {
    case 0x0d:
      return { pid, gauge: 'speedMps', value: a / 3.6 }
    case 0x0c:
      return b === undefined ? undefined : { pid, gauge: 'engineRpm', value: (256 * a + b) / 4 }
    case 0x42:
      return b === undefined ? undefined : { pid, gauge: 'batteryVolts', value: (256 * a + b) / 1000 }
  }
}

export type CanFrame = { readonly id: number; readonly data: Uint8Array }

/** A line of `candump -L`: `(1436509052.249713) can0 7E8#03410D32AAAAAAAA`; undefined for errors, remote and CAN FD. */
export function readCandump(line: string): CanFrame | undefined {
  const match =
    /^\(\d+\.\d+\)\s+\S+\s+([0-9A-F]{3}|[0-9A-F]{8})#((?:[0-9A-F]{2}){0,8})(?:\s+[RT])?\s*$/i.exec(line)
  if (!match) return undefined
  return { id: parseInt(match[1]!, 16), data: bytesOf(match[2]!) }
}

/** A line for `canplayer -t`, which sends it at once: `(0.000000) can0 7DF#02010D0000000000`. */
export const candumpLine = (bus: string, { id, data }: CanFrame): string =>
  `(0.000000) ${bus} ${id.toString(16).toUpperCase().padStart(3, '0')}#${hexOf(data)}`

/** What an ELM327 printed up to its `>`: answers, or that nobody answered. */
export type ElmAnswer =
  | { readonly is: 'replies'; readonly replies: readonly ObdReply[] }
  /** The adapter lives, and the car says nothing. */
  | { readonly is: 'nobody' }
  /** What the adapter itself measures at its plug; true also while the car's computers sleep. */
  | { readonly is: 'volts'; readonly volts: number }
  | { readonly is: 'unclear' }

/** The adapter's own measure of its supply: `AT RV`, answered `12.4V` (ELM327 data sheet). */
export const ELM_VOLTS = 'ATRV\r'

/** `41 0D 32 \r\r`, spaces or not, several computers on several lines; echo and `SEARCHING...` are passed over. */
export function readElm(text: string): ElmAnswer {
  const lines = text
    .split(/[\r\n]+/)
    .map(line => line.replace(/\s+/g, '').toUpperCase())
    .filter(line => line !== '')
  const replies = lines
    .filter(line => /^41([0-9A-F]{2})+$/.test(line))
    .map(line => readObdData(bytesOf(line)))
    .filter(reply => reply !== undefined)
  if (replies.length > 0) return { is: 'replies', replies }
  const volts = lines.map(line => /^(\d{1,2}\.\d{1,2})V$/.exec(line)?.[1]).find(text => text !== undefined)
  if (volts !== undefined) return { is: 'volts', volts: Number(volts) }
  const nobody = lines.some(line => line.includes('NODATA') || line.includes('UNABLETOCONNECT'))
  return nobody ? { is: 'nobody' } : { is: 'unclear' }
}

/** `010D1\r`: the question as an ELM327 takes it, and that one answer is enough. */
export const elmRequest = (pid: Pid): string => `01${hexOf(Uint8Array.of(pid))}1\r`

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16))
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join('')
