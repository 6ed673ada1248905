import { sealFrame } from '#protocols/modbus/crc.ts'
import { encodeReply, readRequest } from '#protocols/modbus/frames.ts'
import type { ModbusReply, ModbusRequest } from '#protocols/modbus/frames.ts'

/** A module with contacts and coils, as the wires see it: `true` is a closed contact. Changed by `hearRequest` alone. */
export type PanelModel = {
  readonly address: number
  readonly contacts: boolean[]
  readonly coils: boolean[]
  heard: Uint8Array
}

/** Eight inputs, eight outputs, all open, slave address 1. */
export const createPanelModel = (address = 1, channels = 8): PanelModel => ({
  address,
  contacts: new Array<boolean>(channels).fill(false),
  coils: new Array<boolean>(channels).fill(false),
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
  model.heard = Uint8Array.of(...model.heard, ...bytes)
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

function answer(
  model: PanelModel,
  request: ModbusRequest,
): { readonly reply: ModbusReply; readonly switched: PanelAnswer['switched'] } {
  const outside = { reply: { kind: 'refused', code: 2 }, switched: [] } as const
  switch (request.kind) {
    case 'read-inputs':
    case 'read-coils': {
      const row = request.kind === 'read-inputs' ? model.contacts : model.coils
      if (request.start + request.count > row.length) return outside
      return {
        reply: { kind: 'bits', bits: row.slice(request.start, request.start + request.count) },
        switched: [],
      }
    }
    case 'write-coil':
      if (request.coil >= model.coils.length) return outside
      return { reply: { kind: 'written' }, switched: setCoils(model, request.coil, [request.on]) }
    case 'write-coils':
      if (request.start + request.values.length > model.coils.length) return outside
      return { reply: { kind: 'written' }, switched: setCoils(model, request.start, request.values) }
  }
}

function setCoils(model: PanelModel, start: number, values: readonly boolean[]): PanelAnswer['switched'] {
  const switched = values
    .map((on, i) => ({ coil: start + i, on }))
    .filter(({ coil, on }) => model.coils[coil] !== on)
  for (const { coil, on } of switched) model.coils[coil] = on
  return switched
}
