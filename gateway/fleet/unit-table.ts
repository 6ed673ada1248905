import type { ParsedBody } from '#protocols/bodies.ts'
import type { DeviceId, UnitId } from '#protocols/ids.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Hello, Live } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import type { GridLookup } from '../city/surroundings.ts'
import { NO_GRID } from '#protocols/geo/membership.ts'
import type { UnitBinding } from '../loop/effects.ts'
import { ANNOUNCED_DEFAULT_MS, freshnessOf, staleAfterMs } from './freshness.ts'
import { fixAgeMsOf } from './unit.ts'
import type { BootMark, FoldMark, Unit } from './unit.ts'
import type { UnitRow } from './unit-row.ts'

/**
 * State of every unit, rebuilt from what devices say. Three rules hold it together:
 *
 *  - the *live slot* alone moves the map, and inside one boot only by a growing `liveSeq`;
 *  - *records* repair state by (boot, monotonic time, seq), and a record of an earlier boot is history;
 *  - *freshness* is arithmetic on the gateway's monotonic clock, never on anybody's wall clock.
 *
 * Every method returns the units a page would now see differently.
 */
export class UnitTable {
  private readonly grids: GridLookup
  private readonly units = new Map<UnitId, Unit>()
  private readonly unitOfDevice = new Map<DeviceId, UnitId>()
  private readonly shownFreshness = new Map<UnitId, string>()
  /** Null when a unit came that is not in it. */
  private order: readonly UnitId[] | null = null

  constructor(grids: GridLookup) {
    this.grids = grids
  }

  /** All units, by id, so that lists come in an order a person can predict. */
  all(): readonly Unit[] {
    // Asked for every second, and two thousand names take two milliseconds to sort.
    this.order ??= [...this.units.keys()].sort()
    return this.order.map(id => this.units.get(id)!)
  }

  byId(unitId: UnitId): Unit | undefined {
    return this.units.get(unitId)
  }

  byDevice(deviceId: DeviceId): Unit | undefined {
    const unitId = this.unitOfDevice.get(deviceId)
    return unitId === undefined ? undefined : this.units.get(unitId)
  }

  /** A unit gets a device; whatever unit that device served before has none now. */
  bind(binding: UnitBinding): Unit[] {
    const { deviceId, unitId, callSign, homeGridId } = binding
    const left = this.byDevice(deviceId)
    const known = this.units.get(unitId)
    const swapped = known !== undefined && known.deviceId !== deviceId
    if (swapped && known.deviceId !== null) this.unitOfDevice.delete(known.deviceId)
    this.unitOfDevice.set(deviceId, unitId)
    const boot = known?.boot?.deviceId === deviceId ? known.boot : null
    const fresh = swapped ? { boot, equipmentMark: null, availabilityMark: null, window: null } : {}
    const link = swapped ? 'down' : (known?.link ?? 'down')
    const bound = this.set({
      ...(known ?? blankUnit(unitId)),
      ...fresh,
      callSign,
      deviceId,
      homeGridId,
      link,
    })
    if (left === undefined || left.id === unitId) return [bound]
    return [bound, this.set({ ...left, deviceId: null, link: 'down', window: null })]
  }

  /** Last-known rows after a restart: shown where they were, stale until heard, whatever the wall clock says. */
  restore(row: UnitRow, now: Now): void {
    const known = this.units.get(row.unitId) ?? blankUnit(row.unitId)
    const { fix, gridId, equipment, availability, recording, emergency, boot, announcedMs } = row
    const sinceSavedMs = Math.max(0, now.utcMs - row.savedUtcMs)
    const ageMs = Math.max(row.fixAgeMs + sinceSavedMs, staleAfterMs(announcedMs) + 1)
    const fixMonoMs = now.monoMs - ageMs
    const callSign = known.deviceId === null ? row.callSign : known.callSign
    const membership = { gridId, outsideSinceMs: null }
    const kept = { fix, membership, equipment, availability, recording, emergency, boot, announcedMs }
    this.set({ ...known, ...kept, callSign, fixMonoMs })
  }

  session(deviceId: DeviceId, link: 'up' | 'down'): Unit[] {
    const unit = this.byDevice(deviceId)
    return unit === undefined || unit.link === link ? [] : [this.set({ ...unit, link })]
  }

  hello(deviceId: DeviceId, hello: Hello, now: Now): Unit[] {
    const unit = this.byDevice(deviceId)
    if (unit === undefined) return []
    const { epoch, bootId, bootCount, announcedMs, store } = hello
    // A device that says hello under another boot is believed even when its boot count went back: a restored disk image
    // must not make a car invisible.
    const sameRun = unit.boot?.bootId === bootId && unit.boot.epoch === epoch
    const boot = sameRun ? unit.boot : { deviceId, epoch, bootId, bootCount, liveSeq: 0 }
    return [this.set({ ...unit, link: 'up', heardMonoMs: now.monoMs, boot, announcedMs, store })]
  }

  live(deviceId: DeviceId, live: Live, latenessMs: number, now: Now): Unit[] {
    const unit = this.byDevice(deviceId)
    if (unit === undefined || !isNewer(unit.boot, live)) return []
    const { epoch, bootId, bootCount, liveSeq, announcedMs, recording, emergency, queue, store } = live
    const mark: FoldMark = { bootId, monoMs: live.sentMonoMs, epoch, seq: 0 }
    const { fix, fixMonoMs, membership } = fixOf(unit, live, latenessMs, now, this.grids)
    return [
      this.set({
        ...unit,
        fix,
        fixMonoMs,
        membership,
        link: 'up',
        heardMonoMs: now.monoMs,
        boot: { deviceId, epoch, bootId, bootCount, liveSeq },
        window: { nonce: live.window, heardMonoMs: now.monoMs - latenessMs },
        equipment: live.equipment,
        equipmentMark: mark,
        drivers: live.drivers ?? null,
        availability: live.availability,
        availabilityMark: mark,
        announcedMs,
        recording,
        emergency,
        queue,
        store,
      }),
    ]
  }

  /** A record may repair equipment and availability; a `position` record repairs history only and moves nothing. */
  record(deviceId: DeviceId, record: WireRecord, parsed: ParsedBody | null, now: Now): Unit[] {
    const unit = this.byDevice(deviceId)
    if (unit === undefined) return []
    // A batch is one word of its car, and a copy for each of its records would be a third of what it costs.
    const heard = unit.heardMonoMs === now.monoMs ? unit : this.set({ ...unit, heardMonoMs: now.monoMs })
    const { bootId, monoMs, epoch, seq } = record
    const mark: FoldMark = { bootId, monoMs, epoch, seq }
    if (parsed?.kind === 'equipment.edge' && follows(unit.boot, unit.equipmentMark, mark)) {
      const equipment = { ...parsed.body.state, [parsed.body.channel]: parsed.body.value }
      const recording = equipment.camera_recording === 'on'
      return [this.set({ ...heard, equipment, recording, equipmentMark: mark })]
    }
    if (parsed?.kind === 'unit.status' && follows(unit.boot, unit.availabilityMark, mark)) {
      return [this.set({ ...heard, availability: parsed.body.availability, availabilityMark: mark })]
    }
    return []
  }

  /** Units whose freshness changed by time alone. */
  tick(now: Now): Unit[] {
    const changed: Unit[] = []
    for (const unit of this.units.values()) {
      const freshness = freshnessOf(fixAgeMsOf(unit, now), unit.announcedMs)
      if (this.shownFreshness.get(unit.id) !== freshness) changed.push(unit)
      this.shownFreshness.set(unit.id, freshness)
    }
    return changed
  }

  private set(unit: Unit): Unit {
    if (!this.units.has(unit.id)) this.order = null
    this.units.set(unit.id, unit)
    return unit
  }
}

/** Another store is believed; in the same one another boot must be a later one; inside a boot the number grows. */
function isNewer(boot: BootMark | null, live: Live): boolean {
  if (boot === null || boot.epoch !== live.epoch) return true
  return boot.bootId === live.bootId ? live.liveSeq > boot.liveSeq : live.bootCount > boot.bootCount
}

/** Whether a record is newer than what was folded: of the boot that speaks now, and later in it. */
function follows(boot: BootMark | null, folded: FoldMark | null, mark: FoldMark): boolean {
  if (boot !== null && boot.bootId !== mark.bootId) return false
  if (folded === null) return true
  if (folded.bootId === mark.bootId && folded.monoMs > mark.monoMs) return false
  return folded.epoch !== mark.epoch || mark.seq > folded.seq
}

/** Without a position the last one stays and its age grows: an old place is better than an empty map. */
function fixOf(
  unit: Unit,
  live: Live,
  latenessMs: number,
  now: Now,
  grids: GridLookup,
): Pick<Unit, 'fix' | 'fixMonoMs' | 'membership'> {
  if (live.position === null) return unit
  const { eventId: _eventId, ageMs, ...fix } = live.position
  return {
    fix,
    fixMonoMs: now.monoMs - ageMs - latenessMs,
    membership: grids.move(unit.membership, fix, now.monoMs),
  }
}

const blankUnit = (id: UnitId): Unit => ({
  id,
  callSign: id,
  deviceId: null,
  homeGridId: null,
  membership: NO_GRID,
  link: 'down',
  heardMonoMs: null,
  announcedMs: ANNOUNCED_DEFAULT_MS,
  boot: null,
  fix: null,
  fixMonoMs: 0,
  equipment: {},
  equipmentMark: null,
  drivers: null,
  availability: 'off_duty',
  availabilityMark: null,
  recording: false,
  emergency: false,
  window: null,
  queue: null,
  store: null,
})
