import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyIdOf } from './crypto/order-signature.ts'
import { seal, unseal } from './crypto/seal.ts'
import { CLASS_ROWS, phoneOf, plainText, triage, WalkInClass, WalkInWhen, YesNo } from './walk-in.ts'
import type { WalkInAnswers } from './walk-in.ts'

const SILENT: WalkInAnswers = {
  injured: 'unknown',
  weapon: 'unknown',
  suspectHere: 'unknown',
  children: 'unknown',
}
const told = (about: WalkInClass, when: WalkInWhen, answers: Partial<WalkInAnswers> = {}) =>
  triage({ class: about, when, answers: { ...SILENT, ...answers } })

describe('triage of walk-ins', () => {
  it.each([
    ['injury', 'injury', 'urgent', 'normal', 'dispatch'],
    ['theft', 'theft', 'urgent', 'normal', 'dispatch'],
    ['vice', 'vice', 'normal', 'normal', 'dispatch'],
    ['fraud', 'fraud', 'urgent', 'normal', 'dispatch'],
    ['help', 'help', 'normal', 'normal', 'dispatch'],
    ['dispute', 'dispute', 'normal', 'normal', 'dispatch'],
    ['traffic', 'traffic', 'urgent', 'normal', 'dispatch'],
    ['lost_person', 'help', 'urgent', 'urgent', 'dispatch'],
    ['other', 'unknown', 'normal', 'normal', 'dispatch'],
    ['tip_off', 'tip_off', 'normal', 'normal', 'intelligence'],
    ['complaint', 'complaint', 'normal', 'normal', 'supervision'],
  ] as const)('sends %s as %s: %s now, %s later, to %s', (about, incidentClass, now, later, route) => {
    expect(told(about, 'now')).toEqual({ route, incidentClass, severity: now, emergency: false })
    expect(told(about, 'earlier')).toEqual({ route, incidentClass, severity: later, emergency: false })
    expect(Object.keys(CLASS_ROWS)).toHaveLength(11)
  })

  it('takes a weapon and a child missing since just now as emergencies', () => {
    expect(told('dispute', 'today', { weapon: 'yes' })).toMatchObject({ severity: 'major', emergency: true })
    expect(told('lost_person', 'now', { children: 'yes' })).toMatchObject({
      severity: 'major',
      emergency: true,
    })
    expect(told('lost_person', 'earlier', { children: 'yes' }).emergency).toBe(false)
  })

  it('never sends a complaint or a tip-off to dispatch, and never alarms for them, whatever was ticked', () => {
    const yesNo = fc.constantFrom(...YesNo.options)
    let seen = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...WalkInClass.options),
        fc.constantFrom(...WalkInWhen.options),
        fc.record({ injured: yesNo, weapon: yesNo, suspectHere: yesNo, children: yesNo }),
        (about, when, answers) => {
          seen++
          const { route, emergency, severity } = triage({ class: about, when, answers })
          const hidden = about === 'complaint' || about === 'tip_off'
          expect(route === 'dispatch').toBe(!hidden)
          if (hidden) expect(emergency).toBe(false)
          if (answers.weapon === 'yes') expect(severity).toBe('major')
        },
      ),
      { seed: 7, numRuns: 2_000 },
    )
    console.log(`triage: ${seen} reports`)
    expect(seen).toBeGreaterThan(0)
  })
})

describe('phone numbers', () => {
  it.each([
    ['138 0013 8000', '13800138000'],
    ['+86 138-0013-8000', '13800138000'],
    ['008613800138000', '13800138000'],
    ['0537-4412345', '05374412345'],
    ['(010) 6552 1234', '01065521234'],
    ['+86 537 4412345', '05374412345'],
    ['+81 3 1234 5678', '+81312345678'],
  ])('reads %s', (typed, dialled) => expect(phoneOf(typed)).toBe(dialled))

  it.each(['12345678901', '1380013800', '138001380000', '110', '', '+', 'call me', '+86 12'])(
    'refuses %s',
    typed => expect(phoneOf(typed)).toBeNull(),
  )
})

describe('words of a visitor', () => {
  it('lose control and direction characters, not their script', () => {
    expect(plainText('\u202e李\u0000·阿依\u0007古丽 ', 50)).toBe('李·阿依古丽')
    expect(plainText('一\n二', 50)).toBe('一\n二')
    expect(plainText('x'.repeat(2_000), 1_000)).toHaveLength(1_000)
  })
})

describe('a sealed envelope', () => {
  const pair = () => {
    const made = generateKeyPairSync('x25519')
    const publicKeyPem = made.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const privateKeyPem = made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { publicKeyPem, privateKeyPem, keyId: keyIdOf(publicKeyPem) }
  }
  const [gateway, desk, stranger] = [pair(), pair(), pair()]
  const to = [gateway, desk].map(({ keyId, publicKeyPem }) => ({ keyId, publicKeyPem }))
  const random = (bytes: number): Uint8Array => randomBytes(bytes)

  it('opens for each recipient, for its own record, and for nobody else', () => {
    const sealed = seal('{"phone":"13800138000"}', 'station-07/a', to, random)
    expect(JSON.stringify(sealed)).not.toContain('13800138000')
    expect(Buffer.from(sealed.text, 'base64').includes('13800138000')).toBe(false)
    for (const key of [gateway, desk])
      expect(unseal(sealed, 'station-07/a', key)).toEqual({ ok: true, value: '{"phone":"13800138000"}' })
    expect(unseal(sealed, 'station-07/b', gateway).ok).toBe(false)
    expect(unseal(sealed, 'station-07/a', stranger).ok).toBe(false)
    expect(unseal(sealed, 'station-07/a', { ...stranger, keyId: gateway.keyId }).ok).toBe(false)
  })

  it('is refused when any byte was altered', () => {
    const sealed = seal('喊人', 'x/y', to, random)
    const bytes = Buffer.from(sealed.text, 'base64')
    for (let i = 0; i < bytes.length; i++) {
      const altered = Buffer.from(bytes)
      altered[i]! ^= 1
      expect(unseal({ ...sealed, text: altered.toString('base64') }, 'x/y', gateway).ok).toBe(false)
    }
    expect(bytes.length).toBe(12 + 6 + 16)
  })
})
