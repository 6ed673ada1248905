import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import { RECORD_KINDS } from './bodies.ts'
import { certainOf, quickParse } from './quick-parse.ts'
import { WireRecord } from './record.ts'
import { Ack, DeviceConfig, Hello, Live, Unstored, UnstoredAck } from './session.ts'

const bodies = Object.fromEntries(Object.entries(RECORD_KINDS).map(([kind, { body }]) => [kind, body]))
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ...{ WireRecord, Live, Ack, Hello, UnstoredAck, Unstored, DeviceConfig },
  ...bodies,
}
const HEX = '0123456789abcdef'
/** Texts that fit the patterns there are; a sample that fits none is of no use and is drawn again. */
const TEXTS = ['ptu-07', HEX, HEX + HEX, (HEX + HEX).repeat(2), '', 'x', 'QUJD', 'panic', 'zh', '13800001111']
const NUMBERS = [1, 2, 3, 0, 0.5, 12, -1, 59, 20_000, 1_795_478_400_000]
const ODD = [
  null,
  undefined,
  true,
  '',
  'x',
  '字',
  -0,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  1e15,
  [],
  {},
  ['on'],
  -181,
  'on',
]

/** A value that may fit. */
function drawn(random: Random, part: unknown): unknown {
  const { def } = (part as z.ZodType)._zod as unknown as { def: Readonly<Record<string, unknown>> }
  const inner = (key: string): unknown => drawn(random, def[key])
  switch (def['type']) {
    case 'string':
      return random.pick(TEXTS)
    case 'number':
      return random.pick(NUMBERS)
    case 'boolean':
      return random.chance(0.5)
    case 'literal':
      return random.pick(def['values'] as unknown[])
    case 'enum':
      return random.pick(Object.values(def['entries'] as object) as unknown[])
    case 'nullable':
      return random.chance(0.3) ? null : inner('innerType')
    case 'optional':
      return random.chance(0.5) ? undefined : inner('innerType')
    case 'array':
      return Array.from({ length: random.integer(0, 3) }, () => inner('element'))
    case 'tuple':
      return (def['items'] as unknown[]).map(item => drawn(random, item))
    case 'union':
      return drawn(random, random.pick(def['options'] as unknown[]))
    case 'record': {
      const rows = Array.from({ length: random.integer(0, 3) }, () => [inner('keyType'), inner('valueType')])
      return Object.fromEntries(rows) as unknown
    }
    case 'object': {
      const rows = Object.entries(def['shape'] as object).map(
        ([key, field]) => [key, drawn(random, field)] as const,
      )
      return Object.fromEntries(rows.filter(([, value]) => value !== undefined))
    }
    default:
      return random.pick(ODD)
  }
}

/** Something odd in one place. */
function altered(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return random.pick(ODD)
  const keys = Object.keys(value)
  if (keys.length === 0 || random.chance(0.1))
    return Array.isArray(value) ? [...(value as unknown[]), 1] : { ...value, more: 1 }
  const key = random.pick(keys)
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
  if (!Array.isArray(value) && random.chance(0.2)) Reflect.deleteProperty(copy, key)
  else copy[key] = altered(random, copy[key])
  return copy
}

describe('a schema in plain comparisons', () => {
  it('is certain of nothing the schema would refuse or change', () => {
    const random = randomOf(1, 'quick-parse', 'values')
    const [seen, certain, refused] = [{ n: 0 }, { n: 0 }, { n: 0 }]
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      const isCertain = certainOf(schema)
      for (let i = 0; i < 300; i++) {
        const fitting = drawn(random, schema)
        for (const value of [fitting, altered(random, fitting), altered(random, altered(random, fitting))]) {
          seen.n++
          const parsed = schema.safeParse(value)
          if (!parsed.success) refused.n++
          if (!isCertain(value)) continue
          certain.n++
          expect(parsed, `${name} ${JSON.stringify(value)}`).toEqual({ success: true, data: value })
        }
      }
    }
    console.log(`quick parse: ${seen.n} values, ${certain.n} certain, ${refused.n} refused by their schemas`)
    expect(certain.n).toBeGreaterThan(1_000)
    expect(refused.n).toBeGreaterThan(1_000)
  })

  it('is certain of what every car sends', () => {
    const live = {
      ...{
        v: 1,
        epoch: HEX,
        bootId: HEX,
        bootCount: 3,
        liveSeq: 9,
        sentMonoMs: 81_233.5,
        sentAt: 1_795_478_400_000,
      },
      ...{ clockQuality: 'gnss', window: HEX + HEX, announcedMs: 20_000, recording: false, emergency: false },
      position: {
        eventId: 'ptu-07/0/track/1',
        ageMs: 12,
        lat: 35.4,
        lon: 116.6,
        mode: 3,
        sats: { GP: [7, 11] },
      },
      equipment: { door: 'on', ignition: 'unknown' },
      drivers: { gnss: 'fix', panel: 'ok', receiver: { hints: [], refused: { jump: 1 } } },
      ...{
        availability: 'available',
        queue: { alarm: 0, event: 0, track: 1, diag: 0, bytes: 512 },
        store: 'ok',
      },
      assignments: [{ orderId: 'o-1', incidentId: 'i-1', revision: 0, step: 'enroute' }],
    }
    expect(quickParse(Live)(live).data).toBe(live)
    const ack = { v: 1, ledgerId: HEX, generation: 0, epoch: HEX, lane: 'track', upTo: 7 }
    expect(quickParse(Ack)(ack).data).toBe(ack)
    const position = { lat: 35.4, lon: 116.6, mode: 3, speedMps: 0 }
    expect(quickParse(RECORD_KINDS.position.body)(position).data).toBe(position)
  })

  it('leaves to the schema what it does not know', () => {
    const Kind = z.object({
      n: z.number().default(3),
      text: z.string().trim(),
      even: z.number().refine(n => n % 2 === 0),
    })
    expect(certainOf(Kind)({ n: 1, text: ' x ', even: 3 })).toBe(false)
    expect(quickParse(Kind)({ text: ' x ', even: 4 }).data).toEqual({ n: 3, text: 'x', even: 4 })
    expect(quickParse(Kind)({ text: 'x', even: 3 }).success).toBe(false)
    expect(certainOf(z.coerce.number())(3)).toBe(false)
    expect(certainOf(z.record(z.enum(['a', 'b']), z.number()))({ a: 1 })).toBe(false)
    expect(certainOf(z.union([z.object({}), z.object({ a: z.number() })]))({ a: 1 })).toBe(false)
    expect(quickParse(z.object({ a: z.number() }))(JSON.parse('{"a":1,"__proto__":{}}')).data).toEqual({
      a: 1,
    })
  })
})
