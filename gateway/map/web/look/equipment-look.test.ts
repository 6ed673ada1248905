import { describe, expect, it } from 'vitest'
import { equipmentLook } from './equipment-look.ts'

describe('equipment on the unit card', () => {
  it('tells a module that fell silent from a car where everything is off', () => {
    expect(equipmentLook({ lightbar: 'off', siren: 'off' })).toEqual({ on: [], unknown: [], isAbsent: false })
    expect(equipmentLook({ lightbar: 'unknown', siren: 'unknown' })).toEqual({
      on: [],
      unknown: ['lightbar', 'siren'],
      isAbsent: false,
    })
  })

  it('shows what is on beside what nobody knows, and a car without inputs as such', () => {
    expect(equipmentLook({ lightbar: 'on', door: 'unknown', panic: 'on' })).toMatchObject({
      on: ['lightbar'],
      unknown: ['door'],
    })
    expect(equipmentLook({}).isAbsent).toBe(true)
  })
})
