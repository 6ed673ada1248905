import { createGridLookup } from '#gateway/city/grid-lookup.ts'
import { mintOf, NO_CLOSURE_ROADS } from '#gateway/city/surroundings.ts'
import type { GridLookup, Reach } from '#gateway/city/surroundings.ts'
import { createCity } from '#gateway/city.ts'
import type { CityCore } from '#gateway/city.ts'
import type { Change, CityEvent, Command } from '#gateway/loop/effects.ts'
import { openLoop } from '#gateway/loop/loop.ts'
import type { Loop } from '#gateway/loop/loop.ts'
import { signOrder } from '#protocols/crypto/order-signature.ts'
import type { Logger } from '#protocols/log.ts'
import type { SignedOrder } from '#protocols/orders.ts'
import type { Result } from '#protocols/result.ts'
import type { LedgerDisk } from '../store/simulated-ledger.ts'
import { DeviceClock } from './device-clock.ts'
import type { OrderKeys } from './order-keys.ts'
import type { Wire } from './wire.ts'
import { minting } from './world.ts'
import type { World } from './world.ts'

const RESTART_MS = 2_000
const QUIET: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
/** A town without a road: nothing here asks how far anything is. */
const NO_ROADS: Reach = { times: () => undefined, route: () => undefined }

/** What the checker hears of the centre, at the doors of its code. */
export type CentreEars = {
  /** The city is told of a record. */
  told(event: Extract<CityEvent, { type: 'record' }>): void
  signed(order: SignedOrder): void
  changed(changes: readonly Change[]): void
  gone(): void
}

export type CentreParts = {
  readonly world: World
  readonly wire: Wire
  readonly ledger: LedgerDisk
  readonly ears: CentreEars
  readonly keys: OrderKeys
  readonly deviceIds: readonly string[]
}

/** The gateway without its sockets: loop, intake, city and ledger, one run after another on the same disk. */
export class Centre {
  city: CityCore | null = null
  loop: Loop | null = null
  clock: DeviceClock
  readonly #parts: CentreParts
  readonly #mint: (bytes: number) => string
  readonly #grids: GridLookup
  #run = 0
  #isPowered = false

  constructor(parts: CentreParts) {
    this.#parts = parts
    this.#mint = minting(parts.world.random('centre', 'mint'))
    this.#grids = createGridLookup(QUARTERS)
    this.clock = new DeviceClock(parts.world)
  }

  /** False from its end to its next boot. */
  get isPowered(): boolean {
    return this.#isPowered
  }

  powerOn(): void {
    const run = ++this.#run
    this.#isPowered = true
    this.clock = new DeviceClock(this.#parts.world)
    void this.#boot(run, this.clock)
  }

  /** Killed, or without power; nothing of this run happens any more. */
  end(how: 'kill' | 'cut', landed: boolean): void {
    const { ledger, wire, ears } = this.#parts
    this.#run++
    this.#isPowered = false
    this.clock.end()
    this.loop = null
    this.city = null
    ledger.end(how, landed)
    ears.gone()
    wire.centreGone(how === 'kill' ? 'told' : 'silent')
  }

  restart(afterMs: number = RESTART_MS): void {
    const run = this.#run
    this.#parts.world.after(afterMs, () => {
      if (run === this.#run) this.powerOn()
    })
  }

  /** Undefined while the centre is down, or went down before it answered. */
  async command(command: Command): Promise<Result<unknown> | undefined> {
    return this.loop?.command('dispatcher', command)
  }

  async #boot(run: number, clock: DeviceClock): Promise<void> {
    const { world, wire, ledger, ears, keys, deviceIds } = this.#parts
    const isAlive = (): boolean => run === this.#run
    const city = createCity({
      mint: mintOf(this.#mint),
      reach: NO_ROADS,
      roads: NO_CLOSURE_ROADS,
      grids: this.#grids,
    })
    const loop = await openLoop({
      clock,
      log: QUIET,
      ledger: ledger.open(),
      city: {
        restore: (rows, now) => city.restore(rows, now),
        handle: (event, now) => {
          if (event.type === 'record' && isAlive()) ears.told(event)
          return city.handle(event, now)
        },
      },
      broker: {
        publish: (deviceId, channel, payload) => isAlive() && wire.publish(deviceId, channel, payload),
        pause: () => isAlive() && wire.pause(),
        resume: () => isAlive() && wire.resume(),
      },
      signOrder: order => {
        const signed = signOrder(order, keys.privateKeyPem, keys.keyId)
        if (isAlive()) ears.signed(signed)
        return signed
      },
      onChanges: changes => isAlive() && ears.changed(changes),
      onFatal: () => {
        if (!isAlive()) return
        this.end('kill', false)
        this.restart()
      },
      // Of a run that is over nothing draws breath any more.
      breathe: () => new Promise(resolve => world.after(0, () => isAlive() && resolve())),
    })
    if (!isAlive()) return
    const events = deviceIds.map((deviceId): CityEvent => {
      const binding = { deviceId, unitId: deviceId, callSign: deviceId, homeGridId: null }
      return { type: 'bound', binding }
    })
    await loop.submit({ events })
    if (!isAlive()) return
    this.city = city
    this.loop = loop
    wire.hears = event => loop.fromBroker(event)
  }
}

/** Four quarters of a town of some six kilometres. */
const QUARTERS = [0, 1, 2, 3].map(n => {
  const [south, west] = [35.3 + 0.1 * (n >> 1), 116.5 + 0.1 * (n & 1)]
  const [north, east] = [south + 0.1, west + 0.1]
  const ring: [number, number][] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { id: `grid-${n}`, name: `grid ${n}`, polygon: [ring] }
})
