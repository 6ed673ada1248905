import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CITY_VERSION } from '../city/city.ts'
import { prepareWorld } from './world.ts'
import type { World } from './world.ts'

describe('the world of a demo', () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-world-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const prepared = async (seed = 1): Promise<World & { readonly made: boolean }> => {
    const stamp = join(dir, 'stamp.json')
    const before = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs
    const world = await prepareWorld({ seed, junctions: 300 }, dir)
    if (!world.ok) throw new Error(world.detail)
    return { ...world.value, made: statSync(stamp).mtimeMs !== before }
  }

  it('is made once; the second start reads the very same city', async () => {
    const first = await prepared()
    const second = await prepared()
    expect([first.made, second.made]).toEqual([true, false])
    expect(second.city).toEqual(first.city)
    expect(second.grids).toEqual(first.grids)
    expect(second.beatOf(second.grids[0]!).edges).toEqual(first.beatOf(first.grids[0]!).edges)
  })

  it('is made again for another seed', async () => {
    expect((await prepared(2)).made).toBe(true)
    expect((await prepared(1)).made).toBe(true)
  })

  it('is made again when a file is cut short, altered, gone, of another version or no stamp at all', async () => {
    const file = (name: string): string => join(dir, name)
    const harm: Readonly<Record<string, () => void>> = {
      'a cut graph': () => truncateSync(file('roads.graph'), 1_000),
      'a flipped byte': () => {
        const bytes = readFileSync(file('world.v8'))
        bytes[bytes.length >> 1]! ^= 1
        writeFileSync(file('world.v8'), bytes)
      },
      'no grids': () => rmSync(file('grids.geojson')),
      'another version': () =>
        writeFileSync(
          file('stamp.json'),
          readFileSync(file('stamp.json'), 'utf8').replace(
            `city ${CITY_VERSION}`,
            `city ${CITY_VERSION - 1}`,
          ),
        ),
      'a stamp that is no JSON': () => writeFileSync(file('stamp.json'), '{'),
      'a stamp of something else': () => writeFileSync(file('stamp.json'), '[]'),
    }
    for (const [what, doHarm] of Object.entries(harm)) {
      doHarm()
      expect((await prepared()).made, what).toBe(true)
      expect((await prepared()).made, `after ${what}`).toBe(false)
    }
    expect(Object.keys(harm)).toHaveLength(6)
  })
})
