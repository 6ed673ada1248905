import { describe, expect, it } from 'vitest'
import { seeded } from '../../test/oracle/cities.ts'
import { createGridLookup } from '../city/grid-lookup.ts'
import { UnitTable } from './unit-table.ts'

describe('the units', () => {
  it('come in the order of their ids, whoever was added or changed last', () => {
    let looks = 0
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed)
      const table = new UnitTable(createGridLookup([]))
      const callSigns = new Map<string, string>()
      for (let n = 0; n < 60; n++) {
        const unitId = `unit-${Math.floor(random() * 40)}`
        const binding = { deviceId: `ptu-${unitId}`, unitId, callSign: `${n}`, homeGridId: null }
        table.bind(binding)
        callSigns.set(unitId, `${n}`)
        expect(table.all().map(unit => [unit.id, unit.callSign])).toEqual(
          [...callSigns].sort(([a], [b]) => (a < b ? -1 : 1)),
        )
        looks++
      }
    }
    console.log(`units in order: ${looks} looks`)
    expect(looks).toBeGreaterThan(0)
  })
})
