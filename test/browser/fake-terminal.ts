import { Tap } from '#protocols/terminal.ts'
import type { SensedOrder, TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import { openFakeServer } from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

export type FakeTerminal = {
  readonly server: FakeServer
  /** What the car says now; a new one is sent at once. */
  readonly state: TerminalState
  say(change: Partial<TerminalState>): void
  /** Taps that reached the car, in order. */
  readonly taps: readonly Tap[]
  /** The next taps are answered with this code instead of being stored; `null` stores again. */
  refuseWith(code: string | null): void
  close(): Promise<void>
}

const STEP_OF = {
  sign: 'signed',
  enroute: 'enroute',
  on_scene: 'on_scene',
  clear: 'cleared',
  refuse: 'refused',
} as const

/** A car for the crew's page: speaks once a second, stores every tap unless told otherwise. For tests of the page only. */
export async function openFakeTerminal(change: Partial<TerminalState> = {}): Promise<FakeTerminal> {
  let state: TerminalState = { ...PATROL, ...change }
  let code: string | null = null
  const taps: Tap[] = []

  const server = await openFakeServer({
    page: 'terminal',
    greet: () => state,
    answer: asked => {
      if (asked.path === '/v1/state') return { status: 200, body: state }
      if (asked.path !== '/v1/taps') return null
      const tap = Tap.parse(asked.body)
      taps.push(tap)
      if (code !== null) return { status: 409, body: { accepted: false, code } }
      take(tap)
      return { status: 202, body: { accepted: true, code: null } }
    },
  })
  const say = (next: Partial<TerminalState>): void => {
    state = { ...state, ...next }
    server.send(state)
  }
  function take(tap: Tap): void {
    if (tap.kind === 'panic')
      return say({ panic: { active: true, ageMs: 0, delivered: false, acknowledged: false } })
    if (tap.kind === 'stay_on') {
      const { endsInMs: _ends, ...power } = state.power ?? { phase: null, batteryVolts: null }
      return say({ power })
    }
    if (tap.kind === 'undo_arrival' || tap.kind === 'not_there')
      return say({
        orders: state.orders.map(o =>
          o.orderId === tap.orderId
            ? { ...o, step: 'enroute', sensed: { ...NOT_SENSED, rollingAt: o.sensed.rollingAt } }
            : o,
        ),
      })
    say({
      orders: state.orders.map(o => (o.orderId === tap.orderId ? { ...o, step: STEP_OF[tap.kind] } : o)),
    })
  }
  const timer = setInterval(() => server.send(state), 1000)
  return {
    server,
    get state() {
      return state
    },
    say,
    taps,
    refuseWith: next => {
      code = next
    },
    close: async () => {
      clearInterval(timer)
      await server.close()
    },
  }
}

const PATROL: TerminalState = {
  v: 1,
  deviceId: 'ptu-01',
  unitId: 'unit-01',
  callSign: '鼓楼1',
  gridName: '鼓楼网格',
  utcMs: Date.UTC(2026, 10, 23, 18, 13, 45),
  clockQuality: 'gnss',
  gnss: 'fix',
  position: {
    lat: 35.5838,
    lon: 116.9925,
    mode: 3,
    speedMps: 11.7,
    trackDeg: 80,
    satsUsed: 22,
    satsSeen: 36,
    ageMs: 400,
    sats: { beidou: [9, 14], gps: [7, 11], glonass: [4, 7], galileo: [2, 4] },
  },
  panel: 'ok',
  equipment: {
    ignition: 'on',
    lightbar: 'off',
    siren: 'off',
    door: 'off',
    weapon_rack: 'off',
    brake: 'off',
    panic: 'off',
    camera_recording: 'off',
  },
  recording: false,
  bodycam: 'idle',
  link: 'up',
  linkSinceMs: 754_000,
  queue: { alarm: 0, event: 0, track: 2, diag: 0, bytes: 900 },
  store: 'ok',
  grid: { id: 'grid-3', name: '鼓楼网格' },
  orders: [],
  panic: { active: false, ageMs: 0, delivered: false, acknowledged: false },
}

export const NOT_SENSED: SensedOrder = { rollingAt: null, arrival: 'none', stoppedAt: null, undoMs: 0 }

export const anOrder = (change: Partial<TerminalOrder> = {}): TerminalOrder => ({
  orderId: 'order-1',
  incidentId: 'incident-1',
  revision: 1,
  number: '20261124-0007',
  class: 'dispute',
  severity: 'urgent',
  place: { lat: 35.5921, lon: 117.0012, text: '鼓楼大街与大成路交叉口附近' },
  ageMs: 3_000,
  step: 'received',
  note: '',
  exercise: false,
  distanceM: 1_240,
  bearingDeg: 41,
  sensed: NOT_SENSED,
  ...change,
})
