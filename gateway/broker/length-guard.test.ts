import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PACKET_BYTES_MAX, PacketLengths } from './length-guard.ts'

const header = (length: number): number[] => {
  const bytes = [0x30]
  let rest = length
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return bytes
}
const packet = (length: number): Uint8Array =>
  Uint8Array.from([...header(length), ...new Array<number>(length).fill(0xff)])

describe('the length of a packet', () => {
  it('is known from its header alone: 268 MB are refused after five bytes', () => {
    expect(new PacketLengths().accepts(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(false)
    expect(new PacketLengths().accepts(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toBe(false)
  })

  it('may be 64 KiB and not a byte more', () => {
    const most = PACKET_BYTES_MAX - 4
    expect(new PacketLengths().accepts(Uint8Array.from(header(most)))).toBe(true)
    expect(new PacketLengths().accepts(Uint8Array.from(header(most + 1)))).toBe(false)
  })

  it('is followed over any chunking, so a long packet behind many short ones is still seen', () => {
    let cases = 0
    const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 97 }), (lengths, step) => {
        cases++
        const good = Buffer.concat(lengths.map(packet))
        const guard = new PacketLengths()
        for (let at = 0; at < good.length; at += step)
          expect(guard.accepts(good.subarray(at, at + step))).toBe(true)
        const bad = header(PACKET_BYTES_MAX)
        expect(bad.every(byte => guard.accepts(Uint8Array.of(byte)))).toBe(false)
      }),
      { seed: 5, numRuns: 300 },
    )
    console.info(`length guard: ${cases} streams`)
    expect(cases).toBeGreaterThan(0)
  })
})
