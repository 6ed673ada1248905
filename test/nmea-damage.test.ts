import { describe, expect, it } from 'vitest'
import { randomOf } from '#sim/random.ts'
import { capturesThere } from './oracle/captures.ts'
import { damageTrial, flawOf, published } from './oracle/damaged-receiver.ts'
import { openPublisher } from './oracle/receiver-publisher.ts'
import { fuzzedFrames, fuzzedSentences, noiseOf } from './oracle/receiver-noise.ts'

const { captures, source } = capturesThere()
const CORPUS = [
  '$GNRMC,024507.00,A,3524.90000,N,11635.20000,E,12.000,90.00,241126,,,A,V*00',
  '$GNGGA,024507.00,3524.90000,N,11635.20000,E,1,14,0.90,40.0,M,,,,*00',
  '$GPGSV,2,1,07,01,17,083,03,02,20,056,27,07,18,123,25,08,,,15,0*00',
  '$GNGSA,A,3,02,07,14,15,17,20,22,30,,,,,1.50,0.90,1.20,1*00',
  '$GNZDA,024507.00,24,11,2026,00,00*00',
  '$GPTXT,01,01,02,ANTSTATUS=OPEN*00',
]

/** `reach5 prove nmea` does this with 10 MB of each and ten seeds. */
describe('a port', () => {
  it('survives noise and fuzz with right checksums', () => {
    const random = randomOf(11, 'port', 'fuzz')
    const publisher = openPublisher()
    let bytes = 0
    let fixes = 0
    for (let i = 0; i < 10; i++)
      for (const block of [
        noiseOf(20_000, random),
        fuzzedSentences(CORPUS, 20_000, random),
        fuzzedFrames(20_000, random),
      ]) {
        bytes += block.length
        for (const fix of published(publisher, block, -1, random)) {
          fixes++
          expect(flawOf(fix)).toBeUndefined()
        }
      }
    console.log(`port: ${bytes} bytes of noise and fuzz, ${fixes} fixes, no throw`)
    expect(fixes).toBeGreaterThan(0)
  })

  // At these seeds the bare decoder, without the gates behind it, told places 2,224 and 7,500 km away.
  it.each([4, 5])(
    'publishes no place far from the undamaged one, one byte in a hundred wrong, seed %i',
    seed => {
      const trial = damageTrial(captures, 0.01, seed, openPublisher, [1, -1])
      console.log(`damaged ${source}: ${JSON.stringify(trial)}`)
      expect(trial.fixes).toBeGreaterThan(500)
      expect(trial.altered).toBeGreaterThan(0)
      expect(trial).toMatchObject({ far: 0, flawed: 0, chunkingDiffers: 0 })
    },
  )
})
