import { fletcherOf } from '#protocols/nmea/checksum.ts'
import { lineOf } from '#protocols/nmea/encode.ts'
import type { Random } from '#sim/random.ts'

/** Bytes of chance with the openings of frames strewn in, so that most of them lead a scanner into one. */
export function noiseOf(length: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = random.integer(0, 255)
  for (let i = 0; i < length - 8; i += random.integer(8, 400))
    bytes.set(random.pick(OPENINGS).subarray(0, length - i), i)
  return bytes
}

const OPENINGS = [
  ...['$GPRMC,', '$GNGGA,', '!AIVDM,', '*5A\r\n', '\r\n'].map(text => new TextEncoder().encode(text)),
  Uint8Array.of(0xb5, 0x62, 0x01, 0x07, 92, 0),
  Uint8Array.of(0xb5, 0x62, 0x01, 0x06, 0xff, 0x0f),
  Uint8Array.of(0xba, 0xce, 72, 0),
  Uint8Array.of(0xd3, 0x00, 0x13),
  Uint8Array.of(0xd3, 0x03, 0xff),
]

/** What a confused receiver might put into a field. */
const FIELDS = [
  '',
  '0',
  '-1',
  '99',
  '1e9',
  'NaN',
  'A',
  'V',
  'E',
  '000000.00',
  '246060.99',
  '9999999999',
  '3524.9',
  '__proto__',
  '12,',
  '٣',
  '4807.038',
  '*',
  '\u0000',
  '010180',
  '310299',
]
const NAMES = [
  'GPRMC',
  'GNGGA',
  'BDGSV',
  'GNGSA',
  'GPZDA',
  'GNTXT',
  'PUBX',
  'PUBX,00',
  'GPtoString',
  'constructor',
  'GPGST',
  'GPDTM',
  'GNGNS',
]

/** Sentences of `corpus` with fields changed, lost, doubled or swapped, and their checksums right. */
export function fuzzedSentences(corpus: readonly string[], bytes: number, random: Random): Uint8Array {
  const parts: string[] = []
  for (let length = 0; length < bytes; length += parts.at(-1)!.length) {
    const text = random.pick(corpus)
    const fields = text.slice(1, text.lastIndexOf('*')).split(',')
    const changes = random.integer(1, 4)
    for (let i = 0; i < changes; i++) changeOne(fields, random)
    parts.push(lineOf(fields))
  }
  return Uint8Array.from(Buffer.from(parts.join(''), 'latin1'))
}

function changeOne(fields: string[], random: Random): void {
  const at = random.integer(0, fields.length - 1)
  switch (random.integer(0, 5)) {
    case 0:
      fields[at] = at === 0 ? random.pick(NAMES) : random.pick(FIELDS)
      return
    case 1:
      fields.splice(at, 1)
      return
    case 2:
      fields.splice(at, 0, random.pick(FIELDS))
      return
    case 3:
      fields[at] = (fields[at] ?? '').replace(/\d/, String(random.integer(0, 9)))
      return
    case 4:
      ;[fields[at], fields[0]] = [fields[0] ?? '', fields[at] ?? '']
      return
    case 5:
      fields.length = at
  }
}

/** UBX frames of every message class with payloads of chance and right sums; lengths around what the message should have. */
export function fuzzedFrames(bytes: number, random: Random): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  while (length < bytes) {
    const size = random.pick([0, 1, 8, 28, 36, 52, 72, 92, 100, random.integer(0, 400)])
    const id = random.pick([
      0x01,
      0x02,
      0x03,
      0x04,
      0x06,
      0x07,
      0x12,
      0x21,
      0x30,
      0x35,
      random.integer(0, 255),
    ])
    const frame = new Uint8Array(size + 8)
    frame.set([0xb5, 0x62, random.chance(0.9) ? 0x01 : random.integer(0, 255), id, size & 255, size >> 8])
    for (let i = 6; i < size + 6; i++) frame[i] = random.integer(0, 255)
    const sum = fletcherOf(frame, 2, size + 6)
    frame.set([sum & 255, sum >> 8], size + 6)
    parts.push(frame)
    length += frame.length
  }
  return Buffer.concat(parts)
}
