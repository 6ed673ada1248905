import { describe, expect, it } from 'vitest'
import type { Clock } from '#protocols/time.ts'
import { atOnce, inTurns } from './steps.ts'
import type { Steps } from './steps.ts'

/** A clock that each step of work moves by a millisecond. */
function clockOf(): Clock & { monoMs: number } {
  const clock = {
    monoMs: 0,
    now: () => ({ monoMs: clock.monoMs, utcMs: clock.monoMs }),
    after: () => () => {},
  }
  return clock as unknown as Clock & { monoMs: number }
}

describe('work in steps', () => {
  const counting = (clock: { monoMs: number }, name: string, steps: number, said: string[]) =>
    function* (): Steps<string> {
      for (let i = 1; i <= steps; i++) {
        clock.monoMs += 1
        said.push(`${name}${i}`)
        yield
      }
      return `${name} done`
    }

  it('is the same at once', () => {
    expect(atOnce(counting(clockOf(), 'a', 5, [])())).toBe('a done')
  })

  it('lets others have their turn every two milliseconds', async () => {
    const clock = clockOf()
    const said: string[] = []
    const turns = inTurns(clock, () => Promise.resolve(void said.push('others')))
    expect(await turns(counting(clock, 'a', 5, said))).toBe('a done')
    expect(said).toEqual(['others', 'a1', 'a2', 'others', 'a3', 'a4', 'others', 'a5'])
  })

  it('begins each work in a turn of its own', async () => {
    const clock = clockOf()
    const said: string[] = []
    const turns = inTurns(clock, () => Promise.resolve(void said.push('others')))
    await Promise.all(['a', 'b'].map(name => turns(counting(clock, name, 1, said))))
    expect(said).toEqual(['others', 'a1', 'others', 'b1'])
  })

  it('does one work after the other, in the order they came, and goes on after one that broke', async () => {
    const clock = clockOf()
    const said: string[] = []
    const turns = inTurns(clock, () => Promise.resolve())
    const first = turns(counting(clock, 'a', 3, said))
    const broken = turns(function* (): Steps<string> {
      yield
      throw new Error('broke')
    })
    const last = turns(counting(clock, 'b', 2, said))
    expect(await first).toBe('a done')
    await expect(broken).rejects.toThrow('broke')
    expect(await last).toBe('b done')
    expect(said).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
  })
})
