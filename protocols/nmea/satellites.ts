import type { Constellation } from './constellation.ts'
import { constellationOf } from './constellation.ts'
import type { Gsa, Gsv } from './sentence.ts'

/** A group not renewed while another was renewed this often has gone: the receiver stopped reporting that system. */
const ROUNDS_KEPT = 3
/** Talkers times signals of the largest receivers are about 20; a noisy line must not grow the table. */
const GROUPS_MAX = 48

type Group = {
  readonly ids: ReadonlySet<string>
  readonly building: Set<string>
  readonly nextPart: number
  readonly round: number
}
type Tally = Partial<Record<Constellation, readonly [used: number, seen: number]>>

/**
 * Which satellites are used and seen. GSV sets come in parts, per talker and signal, often not in every epoch; the
 * same satellite appears once per signal. GSA comes once per system, all of them within one epoch.
 */
export class SatelliteTable {
  readonly #groups = new Map<string, Group>()
  #used = new Set<string>()
  #usedEpoch = -1
  #direct: { used: ReadonlySet<string>; seen: ReadonlySet<string> } | undefined

  /** `epoch` is any number that differs from epoch to epoch: the first GSA of one begins the set anew. */
  takeGsa(gsa: Gsa, epoch: number): void {
    this.#direct = undefined
    if (epoch !== this.#usedEpoch) this.#used = new Set()
    this.#usedEpoch = epoch
    for (const number of gsa.satellites) this.#used.add(idOf(gsa.talker, number, gsa.systemId))
  }

  takeGsv(gsv: Gsv): void {
    this.#direct = undefined
    const key = `${gsv.talker} ${gsv.signalId ?? ''}`
    const old = this.#groups.get(key) ?? { ids: new Set(), building: new Set(), nextPart: 1, round: 0 }
    if (gsv.at !== 1 && gsv.at !== old.nextPart) return
    const building = gsv.at === 1 ? new Set<string>() : old.building
    for (const number of gsv.satellites) building.add(idOf(gsv.talker, number))
    if (gsv.at < gsv.of) this.#groups.set(key, { ...old, building, nextPart: gsv.at + 1 })
    else this.#complete(key, { ids: building, building: new Set(), nextPart: 1, round: old.round + 1 })
  }

  /** A binary report tells all at once. Numbers are those of its own system. */
  takeAll(
    satellites: readonly {
      readonly constellation: Constellation
      readonly number: number
      readonly used: boolean
    }[],
  ): void {
    const name = (s: { readonly constellation: Constellation; readonly number: number }): string =>
      `${s.constellation} ${s.number}`
    this.#direct = {
      used: new Set(satellites.filter(s => s.used).map(name)),
      seen: new Set(satellites.map(name)),
    }
  }

  /** Whether GSA has been heard in this epoch, or a binary report is in force. */
  knowsUsed(epoch: number): boolean {
    return this.#direct !== undefined || epoch === this.#usedEpoch
  }

  usedCount(): number {
    return (this.#direct?.used ?? this.#used).size
  }

  /** Absent before the first whole set. */
  seenCount(): number | undefined {
    const seen = this.#seen()
    return seen.size === 0 && this.#groups.size === 0 ? undefined : seen.size
  }

  /** `{ gps: [8, 11], beidou: [3, 9] }`; absent when nothing is known. */
  tally(): Tally | undefined {
    const counts = new Map<Constellation, [number, number]>()
    const seen = this.#seen()
    const used = this.#direct?.used ?? this.#used
    for (const [slot, ids] of [
      [0, used],
      [1, seen],
    ] as const)
      for (const id of ids) {
        const constellation = id.slice(0, id.indexOf(' ')) as Constellation
        const pair = counts.get(constellation) ?? [0, 0]
        pair[slot]++
        counts.set(constellation, pair)
      }
    return counts.size === 0
      ? undefined
      : Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #seen(): ReadonlySet<string> {
    if (this.#direct !== undefined) return this.#direct.seen
    const all = new Set<string>()
    for (const group of this.#groups.values()) for (const id of group.ids) all.add(id)
    return all
  }

  #complete(key: string, group: Group): void {
    // `round` counts completions; everyone else is measured against the one that just completed.
    const others = [...this.#groups].filter(([k]) => k !== key)
    const round = Math.max(group.round, ...others.map(([, g]) => g.round - 1))
    this.#groups.set(key, { ...group, round })
    for (const [k, g] of others) if (round - g.round >= ROUNDS_KEPT) this.#groups.delete(k)
    if (this.#groups.size > GROUPS_MAX) this.#groups.delete(this.#groups.keys().next().value as string)
  }
}

const idOf = (talker: string, number: number, systemId?: number): string =>
  `${constellationOf(talker, number, systemId)} ${number}`
