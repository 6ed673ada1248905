import { describe, expect, it } from 'vitest'
import { parseEnrolmentCode } from '#protocols/enrolment.ts'
import {
  addressOf,
  CODE_LIFE_MS,
  LISTED_MS,
  FAILED_TRIES_MAX,
  issueCode,
  mayTry,
  newCodeBook,
  redeemCode,
  restoreCodes,
} from './codes.ts'

const HOUR_MS = 3_600_000
const binding = { deviceId: 'ptu-07', unitId: 'unit-07', callSign: '曲巡07', homeGridId: null }
const random = Uint8Array.from([200, 3, 17, 4, 99, 250, 31, 32, 64, 7])
const facts = { random, issuedBy: 'local', nowUtcMs: 1_000 }
const at = (monoMs: number, utcMs = 2_000) => ({ address: '10.0.0.9', monoMs, utcMs })

describe('enrolment codes', () => {
  it('can be typed: ten characters, a check and the fingerprint parse again', () => {
    const { code } = issueCode(newCodeBook(), binding, facts)
    expect(parseEnrolmentCode(`${code}.${'0'.repeat(32)}`)?.code).toBe(code)
  })

  it('are not kept in the clear', () => {
    const book = newCodeBook()
    const { code, hash, row } = issueCode(book, binding, facts)
    expect(JSON.stringify([hash, row, [...book.codes]])).not.toContain(code)
  })

  it('are good once', () => {
    const book = newCodeBook()
    const { code } = issueCode(book, binding, facts)
    expect(redeemCode(book, code, at(0)).ok).toBe(true)
    expect(redeemCode(book, code, at(1))).toMatchObject({ ok: false, code: 'CODE_REFUSED' })
  })

  it('are still used after a restart', () => {
    const book = newCodeBook()
    const { code } = issueCode(book, binding, facts)
    const redeemed = redeemCode(book, code, at(0))
    if (!redeemed.ok) throw new Error('not redeemed')
    const later = newCodeBook()
    restoreCodes(later, [[`code/${redeemed.value.hash}`, redeemed.value.row]])
    expect(redeemCode(later, code, at(1)).ok).toBe(false)
  })

  it('end after a day, are listed for a week more and are then forgotten', () => {
    const book = newCodeBook()
    const { code, hash } = issueCode(book, binding, facts)
    expect(redeemCode(book, code, at(0, 1_000 + CODE_LIFE_MS)).ok).toBe(false)
    const next = issueCode(book, binding, {
      ...facts,
      random: random.toReversed(),
      nowUtcMs: 2_000 + CODE_LIFE_MS + LISTED_MS,
    })
    expect(next.forgotten).toEqual([hash])
  })

  it('allow ten failures an hour per address, and any number of successes', () => {
    const book = newCodeBook()
    for (let i = 0; i < FAILED_TRIES_MAX; i++) {
      expect(mayTry(book, '10.0.0.9', i).ok).toBe(true)
      redeemCode(book, 'WRONGWRONG0', at(i))
    }
    expect(mayTry(book, '10.0.0.9', 20)).toMatchObject({ code: 'CODE_RATE_LIMITED' })
    expect(mayTry(book, '10.0.0.10', 20).ok).toBe(true)
    expect(mayTry(book, '10.0.0.9', HOUR_MS + 20).ok).toBe(true)
    for (let i = 0; i < 30; i++) {
      const { code } = issueCode(book, binding, { ...facts, random: random.map(b => b + i) })
      expect(mayTry(book, '10.0.0.11', 20).ok).toBe(true)
      expect(redeemCode(book, code, { ...at(20), address: '10.0.0.11' }).ok).toBe(true)
    }
  })

  it('count a whole IPv6 /64 as one address', () => {
    expect(addressOf('::ffff:192.168.1.4')).toBe('192.168.1.4')
    expect(addressOf('2001:db8:1:2:aaaa::1')).toBe(addressOf('2001:db8:1:2::77'))
    expect(addressOf('2001:db8:1:3::1')).not.toBe(addressOf('2001:db8:1:2::1'))
    expect(addressOf('fe80::1%eth0')).toBe('fe80:0:0:0')
  })
})
