import { describe, expect, it } from 'vitest'
import type { Fix } from '../fix.ts'
import { encodeGga, encodeGsa, encodeGsv, encodeRmc, lineOf } from './encode.ts'
import { EpochAssembler } from './epoch.ts'
import { parseSentence } from './sentence.ts'

const PLACE = { lat: 35.5969, lon: 116.9911 }
const DATE = { year: 2026, month: 11, day: 28 }
const MIDNIGHT_MS = 86_400_000

type Said = { readonly fixes: Fix[]; readonly epochs: EpochAssembler }
const hear = (lines: readonly string[], epochs = new EpochAssembler()): Said => {
  const fixes: Fix[] = []
  for (const line of lines.flatMap(l => l.split('\r\n')).filter(l => l !== '')) {
    const read = parseSentence(line)
    if (read.ok) epochs.take(read.value, fixes)
    else epochs.skip()
  }
  return { fixes, epochs }
}
const closed = ({ fixes, epochs }: Said): Fix[] => {
  epochs.close(fixes)
  return fixes
}
const rmc = (timeMs: number, more: Partial<Parameters<typeof encodeRmc>[0]> = {}): string =>
  encodeRmc({
    talker: 'GN',
    valid: true,
    place: PLACE,
    timeMs,
    speedKn: 10,
    trackDeg: 90,
    date: DATE,
    ...more,
  })
const gga = (timeMs: number, more: Partial<Parameters<typeof encodeGga>[0]> = {}): string =>
  encodeGga({ talker: 'GN', timeMs, place: PLACE, quality: 1, satsUsed: 9, hdop: 0.9, altMslM: 61, ...more })
const utc = (timeMs: number): number => Date.UTC(2026, 10, 28) + timeMs

describe('an epoch', () => {
  it('is one fix of all that its sentences told, given when the next begins', () => {
    const { fixes } = hear([rmc(1000), gga(1000), rmc(2000)])
    expect(fixes.length).toBe(1)
    expect(fixes[0]).toMatchObject({ timeUtcMs: utc(1000), mode: 3, altMslM: 61, trackDeg: 90 })
    expect(Math.abs((fixes[0]?.speedMps ?? 0) - 5.144)).toBeLessThan(0.001)
  })

  it('is given at once when its end is learned and that is asked for', () => {
    const epochs = new EpochAssembler({ closeEarly: true })
    hear([rmc(1000), gga(1000), rmc(2000), gga(2000)], epochs)
    hear([rmc(3000)], epochs)
    expect(hear([gga(3000)], epochs).fixes.map(f => f.timeUtcMs)).toEqual([utc(3000)])
  })

  it('before any date gives each place as it is told', () => {
    const { fixes } = hear([gga(1000), rmc(1000), gga(2000)])
    expect(fixes.map(f => f.timeUtcMs)).toEqual([undefined, utc(1000)])
  })

  it('is carried over midnight by its time alone', () => {
    const late = MIDNIGHT_MS - 1000
    const out = closed(hear([rmc(late), gga(late), gga(0), rmc(0, { date: { ...DATE, day: 29 } })]))
    expect(out.map(f => f.timeUtcMs)).toEqual([utc(late), utc(MIDNIGHT_MS)])
  })

  it('marks a date of before or a rollover later, and does not rewrite it', () => {
    const old = closed(hear([rmc(1000, { date: { year: 2007, month: 4, day: 15 } })]))
    expect(old[0]).toMatchObject({ timeUtcMs: Date.UTC(2007, 3, 15) + 1000, dateSuspect: true })
    expect(closed(hear([rmc(1000)]))[0]).not.toHaveProperty('dateSuspect')
  })

  it('says when the receiver reckons on without satellites', () => {
    expect(closed(hear([rmc(1000), gga(1000, { quality: 6 })]))[0]).toMatchObject({ deadReckoning: true })
    const reckoned = '$GNRMC,000001.00,A,3535.81400,N,11659.46600,E,10.0,90.0,281126,,,E,V'
    const line = lineOf(reckoned.slice(1).split(','))
    expect(closed(hear([line]))[0]).toMatchObject({ deadReckoning: true })
    expect(closed(hear([rmc(1000), gga(1000)]))[0]).not.toHaveProperty('deadReckoning')
  })

  it('without a fix is told as such, once', () => {
    const blind = [rmc(2000, { valid: false }), gga(2000, { quality: 0 })]
    const out = closed(hear([rmc(1000), gga(1000), ...blind]))
    expect(out.map(f => f.mode)).toEqual([3, 1])
    expect(out[1]).not.toHaveProperty('lat')
  })

  it('does not believe a GGA whose time stands still', () => {
    const stuck = [gga(1000), gga(1000), gga(1000)]
    expect(closed(hear([rmc(1000), ...stuck])).filter(f => f.mode >= 2).length).toBe(1)
    expect(hear([rmc(1000), gga(1000), gga(1000), rmc(2000, { valid: false })]).fixes.length).toBe(1)
  })

  it('does not believe a place from fewer than three satellites', () => {
    expect(closed(hear([gga(1000, { satsUsed: 2 })]))).toEqual([expect.objectContaining({ mode: 1 })])
  })
})

describe('the sky of an epoch', () => {
  const sky = (
    count: number,
  ): { number: number; elevationDeg: number; azimuthDeg: number; snrDb: number }[] =>
    Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      elevationDeg: 40,
      azimuthDeg: 10 + i,
      snrDb: 40,
    }))
  const gsa = encodeGsa({ talker: 'GN', mode: 3, satellites: [1, 2, 3, 4], hdop: 0.9, systemId: 4 })

  it('counts BeiDou by name, whatever signal it is heard on', () => {
    const lines = [gsa, ...encodeGsv('GB', sky(6), '1'), ...encodeGsv('GB', sky(6), '5')]
    const [fix] = closed(hear([...lines, rmc(1000)]))
    expect(fix).toMatchObject({ satsUsed: 8, satsSeen: 12, sats: { beidou: [4, 6] } })
  })

  it('after a lost part is the last whole one', () => {
    const whole = encodeGsv('GB', sky(6))
    const torn = encodeGsv('GB', sky(9)).filter((_, i) => i !== 1)
    const [, second] = closed(hear([gsa, ...whole, rmc(1000), gsa, ...torn, rmc(2000)]))
    expect(second).toMatchObject({ satsSeen: 6, sats: { beidou: [4, 6] } })
  })
})

describe("a maker's own sentence", () => {
  const pubx = (timeMs: number): string =>
    lineOf([
      'PUBX', '00', `00000${timeMs / 1000}.00`, '3535.81400', 'N', '11659.46600', 'E', '61.2', 'G3',
      '2.1', '2.0', '36.0', '90.0', '0.1', '', '0.9', '1.2', '0.8', '9', '0', '0',
    ]) // prettier-ignore
  it('counts where no other tells a place', () => {
    const [fix] = closed(hear([pubx(1000)]))
    expect(fix).toMatchObject({ mode: 3, speedMps: 10, trackDeg: 90 })
    const [plain] = closed(hear([rmc(1000), pubx(1000)]))
    expect(plain).not.toHaveProperty('altMslM')
  })

  it('that nobody needs changes nothing', () => {
    const odd = lineOf(['PMTK001', '314', '3'])
    expect(closed(hear([rmc(1000), odd, gga(1000)]))).toEqual(closed(hear([rmc(1000), gga(1000)])))
  })
})
