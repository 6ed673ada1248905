import { describe, expect, it } from 'vitest'
import type { ConditionCode, ConditionSeverity } from '#protocols/operator.ts'
import type { ReceiverHealth } from '#protocols/receiver-health.ts'
import { ConditionCode as Codes } from '#protocols/operator.ts'
import { conditionsOf, LIMITS } from './conditions.ts'
import type { DeviceFacts, GatewayFacts } from './conditions.ts'

const DAY_MS = 86_400_000
const MIN_MS = 60_000

const WELL: DeviceFacts = {
  id: 'ptu-01',
  state: 'active',
  certificateLeftMs: 29 * DAY_MS,
  codeAgeMs: null,
  link: 'up',
  heardAgeMs: 500,
  freshness: 'live',
  fixAgeMs: 800,
  hasReceiver: true,
  onShift: true,
  queued: 2,
  bytes: 4_096,
  store: 'ok',
  missing: 0,
  inputsUnknown: 0,
  faults: [],
  gnss: 'fix',
  receiver: null,
  power: null,
  software: 'reach5/1',
}
const CALM: GatewayFacts = {
  software: 'reach5/1',
  uptimeSeconds: 3_600,
  diskFreeBytes: 80e9,
  diskTotalBytes: 100e9,
  commitP99Seconds: 0.02,
  loopLagP99Seconds: 0.01,
  loopQueued: 0,
  oldestAlarmMs: null,
  ordersWaiting: 0,
  refusedLately: {},
  streamDroppedLately: 0,
  lost: 0,
  coverageAgeSeconds: 1,
}

const SOUND: ReceiverHealth = { antenna: 'ok', jamming: 'ok', hints: [], refused: { jump: 3 } }

type Row = readonly [
  what: string,
  facts: Partial<DeviceFacts> | { readonly gateway: Partial<GatewayFacts> },
  code: ConditionCode,
  severity: ConditionSeverity,
  value: number | null,
  about?: string,
]

/** Each row is one thing wrong and nothing else; together they are every code there is. */
const TABLE: readonly Row[] = [
  ['a certificate that ended yesterday', { certificateLeftMs: -DAY_MS }, 'cert_expired', 'alarm', 1],
  ['a certificate that ends today', { certificateLeftMs: 5 * 3_600_000 }, 'cert_ends', 'alarm', 0],
  ['a certificate that ends in 5 days', { certificateLeftMs: 5.5 * DAY_MS }, 'cert_ends', 'warn', 5],
  ['a certificate in its last third', { certificateLeftMs: 9 * DAY_MS }, 'cert_ends', 'note', 9],
  [
    'a device expected since an hour',
    { state: 'preauthorized', codeAgeMs: 3_600_000 },
    'not_redeemed',
    'note',
    1,
  ],
  ['a device expected, its code over', { state: 'preauthorized' }, 'not_redeemed', 'warn', null],
  ['never heard', { link: 'down', heardAgeMs: null, freshness: 'never' }, 'never_connected', 'warn', null],
  ['in a tunnel', { link: 'down', heardAgeMs: 30_000, freshness: 'stale' }, 'link_down', 'note', 0],
  [
    'without a link for 7 min',
    { link: 'down', heardAgeMs: 7 * MIN_MS, freshness: 'stale' },
    'link_down',
    'warn',
    7,
  ],
  ['an antenna torn off on shift', { freshness: 'stale', fixAgeMs: 4 * MIN_MS }, 'fix_stale', 'alarm', 4],
  ['the same off duty', { freshness: 'stale', fixAgeMs: 4 * MIN_MS, onShift: false }, 'fix_stale', 'warn', 4],
  ['a receiver that never spoke', { freshness: 'never', fixAgeMs: null }, 'fix_never', 'warn', null],
  ['a link that does not keep up', { queued: 900 }, 'queue_grows', 'warn', 900],
  ['a store nearly full', { bytes: 0.8 * LIMITS.outboxBytesMax }, 'outbox_fills', 'alarm', 0.8],
  ['a store that failed', { store: 'poisoned' }, 'store_poisoned', 'alarm', null],
  ['a store that was mended', { store: 'repaired' }, 'store_repaired', 'note', null],
  ['no store at all', { store: 'memory' }, 'store_memory', 'warn', null],
  ['a hole in a lane', { missing: 12 }, 'records_missing', 'warn', 12],
  ['inputs nobody can read', { inputsUnknown: 8 }, 'inputs_unknown', 'warn', 8],
  [
    'a driver that complained',
    { faults: [{ driver: 'bodycam', code: 'CAMERA_LAPSED', ageMs: 5 * MIN_MS }] },
    'driver_fault',
    'warn',
    5,
    'bodycam: CAMERA_LAPSED',
  ],
  ['a weak battery', { power: { phase: 'survival', batteryVolts: 11.4 } }, 'battery_low', 'warn', 11.4],
  [
    'a start that took its power',
    { power: { phase: 'running', batteryVolts: 14.1, brownouts: 2 } },
    'brown_outs',
    'warn',
    2,
  ],
  [
    'a car that was switched off',
    {
      link: 'down',
      heardAgeMs: 7 * MIN_MS,
      freshness: 'stale',
      power: { phase: 'shutting_down', batteryVolts: 12.4, endsInMs: 0, endsWhy: 'off' },
    },
    'went_off',
    'note',
    7,
  ],
  ['a passive antenna', { receiver: { ...SOUND, antenna: 'open' } }, 'antenna_open', 'note', null],
  [
    'a cut antenna',
    { gnss: 'no_fix', receiver: { ...SOUND, antenna: 'open' } },
    'antenna_open',
    'warn',
    null,
  ],
  ['a crushed antenna', { receiver: { ...SOUND, antenna: 'short' } }, 'antenna_short', 'warn', null],
  ['jamming', { receiver: { ...SOUND, jamming: 'critical' } }, 'gnss_jammed', 'warn', null],
  ['perhaps jamming', { receiver: { ...SOUND, jamming: 'warning' } }, 'gnss_jammed', 'note', null],
  [
    'a sky of one transmitter',
    { receiver: { ...SOUND, hints: ['uniform_signals'] } },
    'gnss_doubted',
    'note',
    null,
    'uniform_signals',
  ],
  ['another datum', { receiver: { ...SOUND, datum: 'P90' } }, 'datum_foreign', 'warn', null, 'P90'],
  ['an older agent', { software: 'reach5/0' }, 'software_differs', 'note', null, 'reach5/0'],
  ['refusals', { gateway: { refusedLately: { TOPIC_REFUSED: 3 } } }, 'refusals', 'warn', 3, 'TOPIC_REFUSED'],
  ['a disk with a tenth left', { gateway: { diskFreeBytes: 10e9 } }, 'disk_low', 'warn', 0.1],
  ['a disk nearly full', { gateway: { diskFreeBytes: 4e9 } }, 'disk_low', 'alarm', 0.04],
  ['a slow disk', { gateway: { commitP99Seconds: 0.8 } }, 'commits_slow', 'warn', 0.8],
  ['a busy loop', { gateway: { loopLagP99Seconds: 0.4 } }, 'loop_lags', 'warn', 0.4],
  ['a long queue inside', { gateway: { loopQueued: 5_000 } }, 'loop_queues', 'warn', 5_000],
  ['an alarm nobody saw', { gateway: { oldestAlarmMs: 3 * MIN_MS } }, 'alarms_waiting', 'alarm', 3],
  ['orders under way', { gateway: { ordersWaiting: 2 } }, 'orders_waiting', 'note', 2],
  ['declared losses', { gateway: { lost: 7 } }, 'records_lost', 'note', 7],
  ['a page that was too slow', { gateway: { streamDroppedLately: 1 } }, 'stream_dropped', 'note', 1],
  ['coverage that stands still', { gateway: { coverageAgeSeconds: 45 } }, 'coverage_late', 'warn', 45],
  ['a gateway just started', { gateway: { uptimeSeconds: 12 } }, 'just_started', 'note', 12],
]

describe('conditions', () => {
  it('finds nothing wrong with a healthy device at a healthy gateway', () => {
    expect(conditionsOf(CALM, [WELL])).toEqual([])
  })

  it.each(TABLE.map(row => ({ what: row[0], row })))('tells $what', ({ row }) => {
    const [, facts, code, severity, value, about = ''] = row
    const found =
      'gateway' in facts
        ? conditionsOf({ ...CALM, ...facts.gateway }, [WELL])
        : conditionsOf(CALM, [{ ...WELL, ...facts }])
    const deviceId = 'gateway' in facts ? null : 'ptu-01'
    expect(found).toEqual([{ code, severity, deviceId, value, about }])
  })

  it('has a row here for every code of the interface', () => {
    expect(new Set(TABLE.map(row => row[2]))).toEqual(new Set(Codes.options))
  })

  it('puts the worst first, the gateway before devices, and is silent about revoked ones', () => {
    const devices = [
      { ...WELL, id: 'ptu-02', store: 'poisoned' as const },
      { ...WELL, id: 'ptu-01', missing: 3 },
      { ...WELL, id: 'ptu-03', state: 'revoked' as const, link: 'down' as const, certificateLeftMs: -DAY_MS },
    ]
    const found = conditionsOf({ ...CALM, commitP99Seconds: 1 }, devices)
    expect(found.map(c => [c.severity, c.deviceId, c.code])).toEqual([
      ['alarm', 'ptu-02', 'store_poisoned'],
      ['warn', null, 'commits_slow'],
      ['warn', 'ptu-01', 'records_missing'],
    ])
  })

  it('waits a minute after a start before it misses anybody', () => {
    const silent = { ...WELL, link: 'down' as const, heardAgeMs: null, freshness: 'never' as const }
    const codes = conditionsOf({ ...CALM, uptimeSeconds: 20 }, [silent]).map(c => c.code)
    expect(codes).toEqual(['just_started'])
  })

  it('tells a bad antenna once: as a condition while its car tells it, as a fault when the car is silent', () => {
    const faults = [{ driver: 'antenna', code: 'ANTENNA_OPEN', ageMs: MIN_MS }]
    const told = { ...WELL, receiver: { ...SOUND, antenna: 'open' as const }, faults }
    expect(conditionsOf(CALM, [told]).map(c => c.code)).toEqual(['antenna_open'])
    const silent = { ...told, link: 'down' as const }
    expect(conditionsOf(CALM, [silent]).map(c => c.code)).toContain('driver_fault')
    const mended = { ...WELL, receiver: SOUND, faults: [{ ...faults[0]!, code: 'ANTENNA_OK' }] }
    expect(conditionsOf(CALM, [mended])).toEqual([])
  })

  it('asks no station for a position, but for its link', () => {
    const station = { ...WELL, hasReceiver: false, freshness: 'never' as const, fixAgeMs: null }
    expect(conditionsOf(CALM, [station])).toEqual([])
    const away = { ...station, link: 'down' as const, heardAgeMs: 7 * MIN_MS }
    expect(conditionsOf(CALM, [away]).map(c => c.code)).toEqual(['link_down'])
  })

  it('lets go of a driver fault an hour after the last one', () => {
    const faults = [{ driver: 'gnss', code: 'PORT_SILENT', ageMs: LIMITS.driverFaultMs }]
    expect(conditionsOf(CALM, [{ ...WELL, faults }])).toEqual([])
  })
})
