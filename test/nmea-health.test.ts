import { describe, expect, it } from 'vitest'
import { HealthWatch } from '#hardware/gnss/health.ts'
import type { GnssHealth } from '#hardware/gnss/health.ts'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { encodeGsv, encodeRmc, lineOf } from '#protocols/nmea/encode.ts'
import { antennaIn, jammingIn } from '#protocols/nmea/receiver-words.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'

const START_UTC_MS = Date.UTC(2026, 10, 28)

describe('what receivers say of themselves', () => {
  it('is understood in the words of each maker', () => {
    expect(['ANTSTATUS=OK', 'ANTSTATUS=OPEN', 'ANTSTATUS=SHORT', 'ANTSTATUS=INIT'].map(antennaIn)).toEqual([
      'ok',
      'open',
      'short',
      undefined,
    ])
    expect(['ANTENNA OK', 'ANTENNA OPEN', 'ANTENNA SHORT'].map(antennaIn)).toEqual(['ok', 'open', 'short'])
    expect(['ANT_OPEN', 'MA=CASIC', 'u-blox AG', 'CONSTANT OPENING'].map(antennaIn)).toEqual([
      'open',
      undefined,
      undefined,
      undefined,
    ])
    expect(['jamming warning', 'JAMSTATUS=CRITICAL', 'JAM=OK', 'nothing'].map(jammingIn)).toEqual([
      'warning',
      'critical',
      'ok',
      undefined,
    ])
  })

  it('is told once when it changes', async () => {
    const clock = openVirtualClock({ utcMs: START_UTC_MS })
    const line = createMemoryLine(clock, { baud: 9600 })
    const port = await line.open(line.path, { baud: 9600 })
    if (!port.ok) throw new Error(port.detail)
    const heard: GnssHealth[] = []
    const receiver = openReceiver(port.value, clock, { onFix: () => {}, onHealth: h => heard.push(h) })
    const rmc = encodeRmc({
      talker: 'GN',
      valid: true,
      timeMs: 1000,
      place: { lat: 35.6, lon: 117 },
      date: { year: 2026, month: 11, day: 28 },
    })
    for (const words of ['ANTENNA OK', 'ANTENNA OPEN', 'ANTENNA OPEN']) {
      void line.peer.write(
        Uint8Array.from(rmc + lineOf(['GPTXT', '01', '01', '01', words]), c => c.charCodeAt(0)),
        500,
      )
      clock.runUntil(clock.now().monoMs + 1000)
    }
    await receiver.close()
    expect(heard.map(h => h.antenna)).toEqual(['ok', 'open'])
  })
})

describe('hints of a false sky', () => {
  it('are a jump of time and a receiver that says so, and they fade', () => {
    const watch = new HealthWatch()
    watch.hearFix({ mode: 3, timeUtcMs: START_UTC_MS }, false, 0)
    watch.hearFix({ mode: 3, timeUtcMs: START_UTC_MS + 1000 }, false, 1000)
    expect(watch.health(1000)).toEqual({ hints: [] })
    watch.hearFix({ mode: 3, timeUtcMs: START_UTC_MS + 3_600_000 }, false, 2000)
    expect(watch.health(2000)).toEqual({ hints: ['time_jump'] })
    watch.hearUbx({ type: 'UBX', message: 0x0103, spoofing: true, jamming: 'warning' })
    watch.hearFix({ mode: 3, timeUtcMs: START_UTC_MS + 3_601_000 }, false, 3000)
    expect(watch.health(3000)).toEqual({ jamming: 'warning', hints: ['receiver', 'time_jump'] })
    expect(watch.health(100_000).hints).toEqual([])
  })

  it('are equal signals of every satellite, as one transmitter sends them', async () => {
    const sky = (snrOf: (i: number) => number): string =>
      encodeGsv(
        'GP',
        Array.from({ length: 9 }, (_, i) => ({
          number: i + 1,
          elevationDeg: 40,
          azimuthDeg: i * 40,
          snrDb: snrOf(i),
        })),
      ).join('')
    const hintsOf = async (text: string): Promise<readonly string[]> => {
      const clock = openVirtualClock({ utcMs: START_UTC_MS })
      const line = createMemoryLine(clock, { baud: 115_200 })
      const port = await line.open(line.path, { baud: 115_200 })
      if (!port.ok) throw new Error(port.detail)
      const receiver = openReceiver(port.value, clock, { onFix: () => {} })
      const rmc = encodeRmc({ talker: 'GN', valid: true, timeMs: 0, place: { lat: 35.6, lon: 117 } })
      void line.peer.write(
        Uint8Array.from(text + rmc, c => c.charCodeAt(0)),
        500,
      )
      clock.runUntil(2000)
      const { hints } = receiver.health()
      await receiver.close()
      return hints
    }
    expect(await hintsOf(sky(() => 45))).toEqual(['uniform_signals'])
    expect(await hintsOf(sky(i => 25 + 3 * i))).toEqual([])
  })
})
