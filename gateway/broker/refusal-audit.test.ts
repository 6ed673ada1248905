import { describe, expect, it } from 'vitest'
import { refusalAudit } from './refusal-audit.ts'

const REFUSED = {
  code: 'PACKET_TOO_LARGE',
  san: 'URI:urn:reach5:device:ptu-07',
  address: '10.0.0.7',
} as const

describe('refusals in the audit', () => {
  it('name the device of the certificate, once a minute, and how often since', () => {
    const lines: unknown[] = []
    let monoMs = 0
    const refused = refusalAudit(
      () => monoMs,
      (actor, detail) => lines.push([actor, detail]),
    )
    for (monoMs = 0; monoMs < 61_000; monoMs += 1_000) refused(REFUSED)
    refused({ ...REFUSED, san: 'URI:urn:reach5:device:ptu-08' })
    expect(lines).toEqual([
      ['device:ptu-07', { code: 'PACKET_TOO_LARGE', address: '10.0.0.7' }],
      ['device:ptu-07', { code: 'PACKET_TOO_LARGE', address: '10.0.0.7', since: 59 }],
      ['device:ptu-08', { code: 'PACKET_TOO_LARGE', address: '10.0.0.7' }],
    ])
  })
})
