import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenPort, Port } from '#hardware/port.ts'
import type { Result } from '#protocols/result.ts'

/** One line under test with its two ends and the hands that spoil it. */
export type PortBench = {
  readonly open: OpenPort
  readonly path: string
  /** The other end of the wire. */
  readonly peer: Port
  unplug(): Promise<void>
  /** From now on the other end takes nothing. */
  jam(): void
  /** Lets time pass until `done`; fails by the test's own timeout. */
  until(done: () => boolean): Promise<void>
  dispose(): Promise<void>
}

const BAUD = 115_200
const WRITE_MS = 300

/** The promises of `hardware/port.ts`, kept by every implementation, real or simulated. */
export function describePort(name: string, setUp: () => Promise<PortBench>): void {
  describe(`a port on ${name}`, () => {
    let bench: PortBench
    beforeEach(async () => void (bench = await setUp()))
    afterEach(() => bench.dispose())

    const openPort = async (): Promise<Port> => {
      const opened = await bench.open(bench.path, { baud: BAUD })
      if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`)
      return opened.value
    }
    const hearing = (port: Port): number[] => {
      const heard: number[] = []
      port.onBytes(bytes => heard.push(...bytes))
      return heard
    }
    const settled = async <T>(promise: Promise<T>): Promise<T> => {
      let value: { readonly is: T } | undefined
      void promise.then(result => (value = { is: result }))
      await bench.until(() => value !== undefined)
      return value!.is
    }
    const write = (port: Port, bytes: Uint8Array): Promise<Result<void>> =>
      settled(port.write(bytes, WRITE_MS))
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i)

    it('carries every byte value both ways', async () => {
      const port = await openPort()
      const [here, there] = [hearing(port), hearing(bench.peer)]
      expect(await write(port, everyByte)).toEqual({ ok: true, value: undefined })
      expect(await write(bench.peer, everyByte)).toEqual({ ok: true, value: undefined })
      await bench.until(() => here.length >= 256 && there.length >= 256)
      expect([here, there]).toEqual([[...everyByte], [...everyByte]])
      await port.close()
    })

    it('keeps the order of many small writes', async () => {
      const port = await openPort()
      const there = hearing(bench.peer)
      const sent: number[] = []
      for (let i = 0; i < 300; i += 1) {
        sent.push(i & 255, (i * 7) & 255)
        await write(port, Uint8Array.of(i & 255, (i * 7) & 255))
      }
      await bench.until(() => there.length >= sent.length)
      expect(there).toEqual(sent)
      await port.close()
    })

    it('numbers every opening of the same path', async () => {
      const first = await openPort()
      await settled(first.close())
      const second = await openPort()
      expect(second.generation).toBe(first.generation + 1)
      expect(second.path).toBe(bench.path)
      await second.close()
    })

    it('lets only one hold the line', async () => {
      const port = await openPort()
      expect(await bench.open(bench.path, { baud: BAUD })).toMatchObject({ ok: false, code: 'PORT_BUSY' })
      await port.close()
    })

    it('calls a path with nothing behind it absent', async () => {
      expect(await bench.open('/dev/ttyNothing', { baud: BAUD })).toMatchObject({
        ok: false,
        code: 'PORT_ABSENT',
      })
    })

    it('tells once that it was unplugged, and refuses to write afterwards', async () => {
      const port = await openPort()
      const reasons: string[] = []
      port.onClosed(reason => reasons.push(reason))
      await bench.unplug()
      await bench.until(() => reasons.length > 0)
      expect(await write(port, everyByte)).toMatchObject({ ok: false, code: 'PORT_ABSENT' })
      await settled(port.close())
      await settled(port.close())
      expect(reasons).toEqual(['unplugged'])
      const late: string[] = []
      port.onClosed(reason => late.push(reason))
      expect(late).toEqual(['unplugged'])
    })

    it('is absent after the unplug', async () => {
      const port = await openPort()
      let gone = false
      port.onClosed(() => (gone = true))
      await bench.unplug()
      await bench.until(() => gone)
      expect(await bench.open(bench.path, { baud: BAUD })).toMatchObject({ ok: false, code: 'PORT_ABSENT' })
    })

    it('hears nothing after closing, and closing twice is harmless', async () => {
      const port = await openPort()
      const heard = hearing(port)
      const reasons: string[] = []
      port.onClosed(reason => reasons.push(reason))
      await settled(port.close())
      await settled(port.close())
      await write(bench.peer, everyByte)
      const again = await openPort()
      const heardAgain = hearing(again)
      await write(bench.peer, Uint8Array.of(7))
      await bench.until(() => heardAgain.includes(7))
      expect(heard).toEqual([])
      expect(reasons).toEqual(['closed'])
      await again.close()
    })

    it('settles every write on a line that takes nothing, and survives closing with bytes queued', async () => {
      const port = await openPort()
      bench.jam()
      const results: Result<void>[] = []
      for (let i = 0; i < 64; i += 1)
        void port.write(new Uint8Array(1024), WRITE_MS).then(r => results.push(r))
      await bench.until(() => results.length === 64)
      expect(results.filter(result => !result.ok).length).toBeGreaterThan(0)
      for (const result of results) if (!result.ok) expect(result.code).toBe('PORT_TIMEOUT')
      const last: Result<void>[] = []
      void port.write(everyByte, 60_000).then(r => last.push(r))
      await settled(port.close())
      await bench.until(() => last.length === 1)
      expect(last[0]?.ok).toBe(false)
    })
  })
}
