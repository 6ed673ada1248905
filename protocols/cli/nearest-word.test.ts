import { describe, expect, it } from 'vitest'
import { nearestWord } from './nearest-word.ts'

const verbs = ['demo', 'gateway', 'agent', 'enrol', 'roads', 'reach', 'nearest', 'nmea', 'sim']

describe('the word that was meant', () => {
  it.each([
    ['raods', 'roads'],
    ['road', 'roads'],
    ['enroll', 'enrol'],
    ['gate', 'gateway'],
    ['nearset', 'nearest'],
    ['dmeo', 'demo'],
    ['sin', 'sim'],
  ])('%s is %s', (typed, meant) => expect(nearestWord(typed, verbs)).toBe(meant))

  it('is left open when nothing is near', () => {
    for (const typed of ['', 'x', 'frobnicate', 'constructor', '--help', 'ab'])
      expect(nearestWord(typed, verbs)).toBeUndefined()
  })
})
