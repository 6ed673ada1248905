import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import type { CityPlan } from './city-plan.ts'

type Kind = {
  /** How often, against the others. */
  readonly weight: number
  /** `car`: one car; `bytes`: a car that enters from its lines; `city`: the centre, or everybody. */
  readonly befalls: 'car' | 'bytes' | 'city'
  /** From and to, milliseconds; absent: it happens at once. */
  readonly lastsMs?: readonly [number, number]
  /** In which kind of city alone. */
  readonly only?: CityPlan['kind']
}

const S = 1_000
const MIN = 60 * S

/** The fault matrix, as far as it befalls cars, air and centre of a simulated city. */
export const FAULT_KINDS = {
  kill: { weight: 3, befalls: 'car' },
  'kill in a write': { weight: 3, befalls: 'car' },
  'power cut': { weight: 3, befalls: 'car' },
  'power cut in a write': { weight: 3, befalls: 'car' },
  'power cut at the first boot': { weight: 2, befalls: 'car' },
  'disk full': { weight: 3, befalls: 'car', lastsMs: [10 * S, 3 * MIN] },
  'disk read-only': { weight: 2, befalls: 'car', lastsMs: [10 * S, 2 * MIN] },
  'write error': { weight: 3, befalls: 'car' },
  'write error that landed': { weight: 3, befalls: 'car' },
  'torn write': { weight: 2, befalls: 'car' },
  'bit rot': { weight: 3, befalls: 'car', only: 'tight' },
  'bit rot in the mark': { weight: 2, befalls: 'car' },
  'image restored': { weight: 2, befalls: 'car', lastsMs: [1 * MIN, 8 * MIN], only: 'tight' },
  'slow disk': { weight: 2, befalls: 'car', lastsMs: [20 * S, 2 * MIN] },
  'hung disk': { weight: 2, befalls: 'car', lastsMs: [5 * S, 30 * S] },
  loss: { weight: 3, befalls: 'car', lastsMs: [20 * S, 4 * MIN] },
  duplicates: { weight: 3, befalls: 'car', lastsMs: [20 * S, 4 * MIN] },
  disorder: { weight: 3, befalls: 'car', lastsMs: [20 * S, 4 * MIN] },
  'slow link': { weight: 2, befalls: 'car', lastsMs: [20 * S, 4 * MIN] },
  partition: { weight: 4, befalls: 'car', lastsMs: [10 * S, 40 * MIN] },
  'one way up': { weight: 2, befalls: 'car', lastsMs: [10 * S, 2 * MIN] },
  'one way down': { weight: 2, befalls: 'car', lastsMs: [10 * S, 2 * MIN] },
  'half-open': { weight: 2, befalls: 'car' },
  reset: { weight: 2, befalls: 'car' },
  'broker restart': { weight: 1.4, befalls: 'city' },
  'reconnect storm': { weight: 1.4, befalls: 'city', lastsMs: [5 * S, 20 * S] },
  'swizzle clog': { weight: 1.4, befalls: 'city', lastsMs: [20 * S, 2 * MIN] },
  'clock ahead': { weight: 2, befalls: 'car' },
  'clock back': { weight: 2, befalls: 'car' },
  'week rollover': { weight: 2, befalls: 'car' },
  'boot in 1970': { weight: 2, befalls: 'car' },
  'line noise': { weight: 2.6, befalls: 'bytes', lastsMs: [5 * S, 1 * MIN] },
  'line stalls': { weight: 2.6, befalls: 'bytes', lastsMs: [5 * S, 1 * MIN] },
  'line unplugged': { weight: 2.6, befalls: 'bytes', lastsMs: [5 * S, 1 * MIN] },
  'receiver blind': { weight: 2, befalls: 'car', lastsMs: [10 * S, 2 * MIN] },
  'centre killed': { weight: 1.4, befalls: 'city' },
  'centre power cut': { weight: 1.4, befalls: 'city', lastsMs: [2 * S, 30 * MIN] },
  'ledger error': { weight: 1.4, befalls: 'city' },
  'slow ledger': { weight: 1.4, befalls: 'city', lastsMs: [10 * S, 1 * MIN] },
  'ledger restored': { weight: 5, befalls: 'city', lastsMs: [30 * S, 4 * MIN], only: 'roomy' },
  'frozen page': { weight: 1.4, befalls: 'city', lastsMs: [30 * S, 2 * MIN] },
  'forged order': { weight: 3, befalls: 'car' },
  'replayed order': { weight: 3, befalls: 'car' },
  'expired order': { weight: 2, befalls: 'car', lastsMs: [31 * S, 2 * MIN] },
  'order for another': { weight: 2, befalls: 'car' },
  'cancel overtakes': { weight: 2, befalls: 'car', lastsMs: [5 * S, 10 * S] },
  'garbled message': { weight: 2, befalls: 'car' },
} as const satisfies Record<string, Kind>

export type FaultKind = keyof typeof FAULT_KINDS

/** One thing that goes wrong. `dice` are its own numbers in [0, 1), so that it goes wrong alike whatever else is left out. */
export type Fault = {
  readonly id: number
  readonly atMs: number
  readonly kind: FaultKind
  readonly target: string
  readonly lastsMs: number
  readonly dice: readonly [number, number]
}

/** Of a vehicle-hour; 2,000 of them have 13,000. */
export const FAULTS_PER_HOUR = 6.5
const FIRST_BOOT_MS = 12 * S
/** Two rots so near to each other could hit a mark and what it speaks of: one disk does not fail twice in a minute. */
export const ROT_APART_MS = 3 * MIN
const AGAIN_SHARE = 0.3
const AGAIN_AFTER_MS = 2 * S
const ROTS: ReadonlySet<FaultKind> = new Set(['bit rot', 'bit rot in the mark'])

/** Everything that will go wrong in a city, made before it begins to live. */
export function planFaults(plan: CityPlan, perHour: number = FAULTS_PER_HOUR): readonly Fault[] {
  const random = randomOf(plan.seed, 'city', 'faults')
  const endMs = plan.hours * 3_600_000
  const count = Math.round(plan.cars.length * plan.hours * perHour)
  const kinds = kindsIn(plan)
  const drawn = Array.from({ length: count }, () => draw(random, plan, kinds, endMs))
  drawn.sort((a, b) => a.atMs - b.atMs)
  drawn.push(...drawn.flatMap(rotAgain))
  const rotMs = new Map<string, readonly number[]>()
  const faults: Fault[] = []
  for (const fault of drawn) {
    if (ROTS.has(fault.kind)) {
      const others = rotMs.get(fault.target) ?? []
      if (others.some(ms => Math.abs(fault.atMs - ms) < ROT_APART_MS)) continue
      rotMs.set(fault.target, [...others, fault.atMs])
    }
    faults.push({ id: faults.length, ...fault })
  }
  return faults
}

/** Now and then the store that was carried over rots as soon as it may, perhaps before anybody heard of it. */
function rotAgain({ kind, atMs, dice: [chance, other], ...fault }: Omit<Fault, 'id'>): Omit<Fault, 'id'>[] {
  if (kind !== 'bit rot' || chance > AGAIN_SHARE) return []
  return [{ ...fault, kind, atMs: atMs + ROT_APART_MS + AGAIN_AFTER_MS, dice: [other, chance] }]
}

function kindsIn({ kind, cars }: CityPlan): readonly FaultKind[] {
  const hasBytes = cars.some(car => car.isOfBytes)
  return (Object.keys(FAULT_KINDS) as FaultKind[]).filter(name => {
    const { befalls, only }: Kind = FAULT_KINDS[name]
    return (only === undefined || only === kind) && (befalls !== 'bytes' || hasBytes)
  })
}

function draw(random: Random, plan: CityPlan, kinds: readonly FaultKind[], endMs: number): Omit<Fault, 'id'> {
  const kind = weighted(random, kinds)
  const { befalls, lastsMs: [shortest, longest] = [0, 0] }: Kind = FAULT_KINDS[kind]
  const cars = plan.cars.filter(car => befalls !== 'bytes' || car.isOfBytes)
  const target = random.pick(cars).deviceId
  const atMs = Math.round(
    kind === 'power cut at the first boot'
      ? random.uniform(0, FIRST_BOOT_MS)
      : random.uniform(0, 0.97 * endMs),
  )
  // Short ones often, long ones now and then.
  const lastsMs = longest === 0 ? 0 : Math.round(shortest * (longest / shortest) ** random.uniform())
  const dice = [random.uniform(), random.uniform()] as const
  return { atMs, kind, target: befalls === 'city' ? 'city' : target, lastsMs, dice }
}

function weighted(random: Random, kinds: readonly FaultKind[]): FaultKind {
  const sum = kinds.reduce((all, kind) => all + FAULT_KINDS[kind].weight, 0)
  let left = random.uniform(0, sum)
  return kinds.find(kind => (left -= FAULT_KINDS[kind].weight) < 0) ?? kinds[0]!
}
