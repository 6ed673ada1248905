import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'

const DIR = 'test/recordings'
const recordings = readdirSync(DIR).filter(name => name.endsWith('.nmea'))

const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' ? Math.round(v * 1e9) / 1e9 : v)),
  )

describe('recordings', () => {
  it('there is at least one', () => {
    expect(recordings.length).toBeGreaterThan(0)
  })

  it.each(recordings)('%s gives what is expected of it', name => {
    const bytes = readFileSync(`${DIR}/${name}`)
    const expected: unknown = JSON.parse(
      readFileSync(`${DIR}/${name.replace(/\.nmea$/, '.expected.json')}`, 'utf8'),
    )
    const decoder = new GnssDecoder()
    const fixes = [...decoder.feed(withoutHeader(bytes)), ...decoder.quiet()]
    expect(rounded({ refused: decoder.stats().scan.refused, fixes })).toEqual(rounded(expected))
  })
})
