import type { ModbusReply, ModbusRequest } from '#protocols/modbus/frames.ts'
import type { BitsAt, PanelDevice } from './device-table.ts'

/** What a module is asked or told. */
export type Exchange =
  | 'inputs'
  | 'outputs'
  | 'probe'
  | { readonly is: 'coil'; readonly coil: number; readonly on: boolean }
  | { readonly is: 'read_setup'; readonly register: number; readonly count: number }
  | { readonly is: 'write_setup'; readonly register: number; readonly value: number }

/** The question of an exchange, in the registers of this module. */
export function requestOf(device: PanelDevice, address: number, exchange: Exchange): ModbusRequest {
  if (exchange === 'inputs') return readingOf(address, device.inputs)
  if (exchange === 'outputs') return readingOf(address, device.outputs?.read ?? device.inputs)
  if (exchange === 'probe') return readingOf(address, probeOf(device))
  switch (exchange.is) {
    case 'coil':
      return {
        kind: 'write-coil',
        address,
        coil: (device.outputs?.coil ?? 0) + exchange.coil,
        on: exchange.on,
      }
    case 'read_setup':
      return { kind: 'read-holding', address, start: exchange.register, count: exchange.count }
    case 'write_setup':
      return { kind: 'write-register', address, register: exchange.register, value: exchange.value }
  }
}

/** The bits at `at` in an answer to their question; undefined for an answer of another kind. */
export function bitsOf(at: BitsAt, reply: ModbusReply): readonly boolean[] | undefined {
  const from = at.skip ?? 0
  if (reply.kind === 'bits') return from === 0 ? reply.bits : reply.bits.slice(from)
  if (reply.kind !== 'words') return undefined
  return Array.from(
    { length: at.count },
    (_, i) => (((reply.words[(from + i) >> 4] ?? 0) >> ((from + i) & 15)) & 1) === 1,
  )
}

/** What brings the driver back in step: its answer cannot be taken for one about inputs. */
export const probeOf = (device: PanelDevice): BitsAt => device.probe ?? device.outputs?.read ?? device.inputs

/** Whether a late answer to `a` could pass for one to `b`: the same function and the same length. */
export function answersAlike(a: BitsAt, b: BitsAt): boolean {
  const [left, right] = [readingOf(1, a), readingOf(1, b)]
  return left.kind === right.kind && bytesOf(a) === bytesOf(b)
}

function readingOf(address: number, at: BitsAt): ModbusRequest {
  const bits = at.count + (at.skip ?? 0)
  switch (at.from) {
    case 'inputs':
      return { kind: 'read-inputs', address, start: at.start, count: bits }
    case 'coils':
      return { kind: 'read-coils', address, start: at.start, count: bits }
    case 'holding':
      return { kind: 'read-holding', address, start: at.start, count: Math.ceil(bits / 16) }
    case 'input_registers':
      return { kind: 'read-input-registers', address, start: at.start, count: Math.ceil(bits / 16) }
  }
}

const bytesOf = ({ from, count, skip = 0 }: BitsAt): number =>
  from === 'inputs' || from === 'coils' ? Math.ceil((count + skip) / 8) : 2 * Math.ceil((count + skip) / 16)
