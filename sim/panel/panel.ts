import { PANEL_DEVICES } from '#hardware/panel/device-table.ts'
import type { BitsAt, PanelDevice } from '#hardware/panel/device-table.ts'
import { sealFrame } from '#protocols/modbus/crc.ts'
import { encodeReply, readRequest } from '#protocols/modbus/frames.ts'
import type { ModbusReply, ModbusRequest } from '#protocols/modbus/frames.ts'

/** A module with contacts and coils, as the wires see it: `true` is a closed contact. Changed by `hearRequest` alone. */
export type PanelModel = {
  readonly address: number
  readonly device: PanelDevice
  readonly contacts: boolean[]
  readonly coils: boolean[]
  /** Settings by register; one that is absent does not exist. */
  readonly registers: Map<number, number>
  heard: Uint8Array
}

/** A module as its row in the device table says, everything open; where settings must be changed, as the maker ships it. */
export const createPanelModel = (address = 1, device: PanelDevice = PANEL_DEVICES[0]!): PanelModel => ({
  address,
  device,
  contacts: new Array<boolean>(device.inputs.count).fill(false),
  coils: new Array<boolean>(device.outputs?.read.count ?? 0).fill(false),
  registers: new Map(
    device.setup
      .flatMap(row => Array.from({ length: row.count }, (_, i) => ({ row, at: row.register + i })))
      .map(({ row, at }) => [at, row.must === undefined ? 0 : row.must + 1]),
  ),
  heard: new Uint8Array(0),
})

export type PanelAnswer = {
  /** Empty for a question to another slave. */
  readonly bytes: Uint8Array
  /** Coils this question switched. */
  readonly switched: readonly { readonly coil: number; readonly on: boolean }[]
}

const SILENCE: PanelAnswer = { bytes: new Uint8Array(0), switched: [] }

/**
 * Bytes off the line into the module: its answer, or undefined while the question is incomplete. Noise is forgotten and
 * not answered, as Modbus over Serial Line V1.02 2.2 wants; a question we do not know is refused (code 1), one outside
 * the module's range too (code 2).
 */
export function hearRequest(model: PanelModel, bytes: Uint8Array): PanelAnswer | undefined {
  model.heard = model.heard.length === 0 ? bytes : Uint8Array.of(...model.heard, ...bytes)
  const request = readRequest(model.heard)
  if (request.is === 'incomplete') return undefined
  const heard = model.heard
  model.heard = new Uint8Array(0)
  if (request.is === 'wrong' || heard[0] !== model.address) return SILENCE
  if (!request.value.ok) {
    const illegal = request.value.code === 'MODBUS_FUNCTION' ? 1 : 3
    return { bytes: sealFrame([heard[0], heard[1]! | 0x80, illegal]), switched: [] }
  }
  const { reply, switched } = answer(model, request.value.value)
  return { bytes: encodeReply(request.value.value, reply), switched }
}

type Answer = { readonly reply: ModbusReply; readonly switched: PanelAnswer['switched'] }
const OUTSIDE: Answer = { reply: { kind: 'refused', code: 2 }, switched: [] }

function answer(model: PanelModel, request: ModbusRequest): Answer {
  const { device, registers } = model
  switch (request.kind) {
    case 'read-inputs':
    case 'read-coils': {
      const from = request.kind === 'read-inputs' ? 'inputs' : 'coils'
      const bits = bitsBetween(model, from, request.start, request.count)
      return bits ? { reply: { kind: 'bits', bits }, switched: [] } : OUTSIDE
    }
    case 'read-holding':
    case 'read-input-registers': {
      const from = request.kind === 'read-holding' ? 'holding' : 'input_registers'
      const words = Array.from({ length: request.count }, (_, i) => wordAt(model, from, request.start + i))
      const all = words.filter(word => word !== undefined)
      return all.length === words.length ? { reply: { kind: 'words', words: all }, switched: [] } : OUTSIDE
    }
    case 'write-register':
      if (!registers.has(request.register)) return OUTSIDE
      registers.set(request.register, request.value)
      return { reply: { kind: 'written' }, switched: [] }
    case 'write-coil':
    case 'write-coils': {
      const start =
        (request.kind === 'write-coil' ? request.coil : request.start) - (device.outputs?.coil ?? 0)
      const values = request.kind === 'write-coil' ? [request.on] : request.values
      if (start < 0 || start + values.length > model.coils.length) return OUTSIDE
      return { reply: { kind: 'written' }, switched: setCoils(model, start, values) }
    }
  }
}

/** Bits this kind of module shows at such addresses, zero between its rows; undefined beyond the last of them. */
function bitsBetween(
  model: PanelModel,
  from: BitsAt['from'],
  start: number,
  count: number,
): boolean[] | undefined {
  const rows = rowsOf(model).filter(({ at }) => at.from === from)
  const end = Math.max(0, ...rows.map(({ at, bits }) => first(at) + bits.length))
  if (start + count > end) return undefined
  return Array.from({ length: count }, (_, i) =>
    rows.some(({ at, bits }) => bits[start + i - first(at)] === true),
  )
}

/** A setting, the maker's name of the module, or sixteen of its bits. */
function wordAt(model: PanelModel, from: BitsAt['from'], register: number): number | undefined {
  const rows = rowsOf(model).filter(({ at }) => at.from === from)
  const { probe } = model.device
  const wordsOfProbe = probe?.from === from ? Math.ceil(probe.count / 16) : 0
  if (probe && register >= probe.start && register < probe.start + wordsOfProbe) return 0x4055
  const row = rows.find(({ at }) => {
    const begin = at.start
    return register >= begin && register < begin + Math.ceil(((at.skip ?? 0) + at.count) / 16)
  })
  if (row === undefined) return from === 'holding' ? model.registers.get(register) : undefined
  let word = 0
  for (const { at, bits } of rows)
    bits.forEach((on, i) => {
      const bit = (at.skip ?? 0) + i
      if (on && at.start + (bit >> 4) === register) word |= 1 << (bit & 15)
    })
  return word
}

const rowsOf = ({ device, contacts, coils }: PanelModel): { at: BitsAt; bits: readonly boolean[] }[] => [
  { at: device.inputs, bits: contacts },
  ...(device.outputs ? [{ at: device.outputs.read, bits: coils }] : []),
]
const first = (at: BitsAt): number => at.start + (at.skip ?? 0)

function setCoils(model: PanelModel, start: number, values: readonly boolean[]): PanelAnswer['switched'] {
  const switched = values
    .map((on, i) => ({ coil: start + i, on }))
    .filter(({ coil, on }) => model.coils[coil] !== on)
  for (const { coil, on } of switched) model.coils[coil] = on
  return switched
}
