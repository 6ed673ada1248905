/**
 * Reads Mapbox Vector Tiles straight from the specification (version 2.1), so that tests do not judge an encoder by its
 * own decoder. Coordinates stay in tile units.
 */
export type ReadFeature = {
  readonly type: 'point' | 'line' | 'polygon'
  readonly tags: Readonly<Record<string, string | number | boolean>>
  readonly parts: readonly (readonly (readonly [number, number])[])[]
}
export type ReadLayer = { readonly extent: number; readonly features: readonly ReadFeature[] }

const TYPES = ['point', 'point', 'line', 'polygon'] as const

export function readMvt(bytes: Uint8Array): Readonly<Record<string, ReadLayer>> {
  return Object.fromEntries(
    fieldsOf(bytes)
      .filter(({ field }) => field === 3)
      .map(({ data }) => readLayer(data)),
  )
}

function readLayer(bytes: Uint8Array): [string, ReadLayer] {
  const fields = fieldsOf(bytes)
  const all = (wanted: number) => fields.filter(({ field }) => field === wanted)
  const keys = all(3).map(({ data }) => textOf(data))
  const values = all(4).map(({ data }) => readValue(data))
  const features = all(2).map(({ data }) => readFeature(data, keys, values))
  return [textOf(all(1)[0]!.data), { extent: all(5)[0]!.value, features }]
}

function readFeature(
  bytes: Uint8Array,
  keys: readonly string[],
  values: readonly (string | number | boolean)[],
): ReadFeature {
  const fields = fieldsOf(bytes)
  const tags = varintsOf(fields.find(({ field }) => field === 2)?.data ?? new Uint8Array())
  const pairs = tags.flatMap((tag, i) => (i % 2 === 0 ? [[keys[tag]!, values[tags[i + 1]!]!] as const] : []))
  return {
    type: TYPES[fields.find(({ field }) => field === 3)!.value]!,
    tags: Object.fromEntries(pairs),
    parts: partsOf(varintsOf(fields.find(({ field }) => field === 4)!.data)),
  }
}

/** Commands: 1 moves (a new part), 2 draws, 7 closes; deltas are zigzag. */
function partsOf(commands: readonly number[]): [number, number][][] {
  const parts: [number, number][][] = []
  let [x, y, i] = [0, 0, 0]
  while (i < commands.length) {
    const [command, count] = [commands[i]! & 7, commands[i]! >> 3]
    i++
    if (command === 7) continue
    for (let n = 0; n < count; n++) {
      x += (commands[i]! >>> 1) ^ -(commands[i]! & 1)
      y += (commands[i + 1]! >>> 1) ^ -(commands[i + 1]! & 1)
      i += 2
      if (command === 1) parts.push([])
      parts[parts.length - 1]!.push([x, y])
    }
  }
  return parts
}

function readValue(bytes: Uint8Array): string | number | boolean {
  const [{ field, value, data } = { field: 0, value: 0, data: new Uint8Array() }] = fieldsOf(bytes)
  if (field === 1) return textOf(data)
  if (field === 3) return new DataView(data.buffer, data.byteOffset).getFloat64(0, true)
  if (field === 2) return new DataView(data.buffer, data.byteOffset).getFloat32(0, true)
  if (field === 6) return (value >>> 1) ^ -(value & 1)
  return field === 7 ? value === 1 : value
}

type Field = { readonly field: number; readonly value: number; readonly data: Uint8Array }

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    const [value, next] = varintAt(bytes, at)
    at = next
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = tag >>> 3
    const wire = tag & 7
    if (wire === 0) fields.push({ field, value: varint(), data: new Uint8Array() })
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4
      fields.push({ field, value: 0, data: bytes.subarray(at, at + length) })
      at += length
    }
  }
  return fields
}

function varintsOf(bytes: Uint8Array): number[] {
  const values: number[] = []
  for (let at = 0; at < bytes.length;) {
    const [value, next] = varintAt(bytes, at)
    values.push(value)
    at = next
  }
  return values
}

function varintAt(bytes: Uint8Array, from: number): [number, number] {
  let [value, factor, at] = [0, 1, from]
  for (;;) {
    const byte = bytes[at++]!
    value += (byte & 127) * factor
    if (byte < 128) return [value, at]
    factor *= 128
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
