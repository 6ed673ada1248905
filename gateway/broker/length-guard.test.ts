import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LengthGuard, PACKET_BYTES_MAX, PacketLengths } from './length-guard.ts'

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

/** A line that takes what is written, and a guard behind it that lets every second whole packet be taken. */
function guarded() {
  const written: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      done()
    },
  })
  const taken: Buffer[] = []
  let packets = 0
  const guard = new LengthGuard(
    socket,
    () => {},
    (chunk, at) => {
      const length = chunk[at + 1]!
      if (packets++ % 2 === 0 || length >= 128 || at + 2 + length > chunk.length) return at
      taken.push(chunk.subarray(at, at + 2 + length))
      return at + 2 + length
    },
  )
  const passed: Buffer[] = []
  guard.on('data', (chunk: Buffer) => passed.push(chunk))
  return { socket, guard, taken, passed, written }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('the guard of a connection', () => {
  it('hands every byte to the parser or to whoever takes the packet, each once and in order', async () => {
    let taken = 0
    const sizes = fc.array(fc.integer({ min: 0, max: 127 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 300 }), async (lengths, step) => {
        const packets = lengths.map((length, n) => Buffer.from([n, length, ...Array<number>(length).fill(n)]))
        const stream = Buffer.concat(packets)
        const line = guarded()
        for (let at = 0; at < stream.length; at += step) line.socket.push(stream.subarray(at, at + step))
        await turn()
        await turn()
        taken += line.taken.length
        const [short, long] = [Buffer.concat(line.taken), Buffer.concat(line.passed)]
        expect(short.length + long.length).toBe(stream.length)
        const isTaken = (packet: Buffer): boolean => line.taken.some(other => other[0] === packet[0])
        expect(long).toEqual(Buffer.concat(packets.filter(packet => !isTaken(packet))))
        expect(short).toEqual(Buffer.concat(packets.filter(isTaken)))
      }),
      { seed: 5, numRuns: 200 },
    )
    console.info(`length guard: ${taken} packets taken`)
    expect(taken).toBeGreaterThan(0)
  })

  it('sends what is said in one turn in one piece', async () => {
    const line = guarded()
    for (const byte of [1, 2, 3]) line.guard.send(Buffer.of(byte))
    expect(line.written).toEqual([])
    await turn()
    line.guard.send(Buffer.of(4))
    await turn()
    expect(line.written).toEqual([Buffer.of(1, 2, 3), Buffer.of(4)])
  })
})
