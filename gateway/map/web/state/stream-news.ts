import type { StreamMessage, UnitMoves, UnitView } from '#protocols/api.ts'

/*
 * What the worker that holds the stream tells the page. A fleet's messages are parsed there; the page is told of units that
 * moved by number, in one block of memory that changes hands without a copy:
 *
 *     numbers u32[n]            which units, numbered in the order they were first told since the last snapshot
 *     columns f64[6 x n]        lat lon speedMps trackDeg fixAgeMs heardAgeMs, NaN for none
 */
export type News =
  | { readonly kind: 'link'; readonly state: LinkState; readonly tries: number; readonly reason: string }
  /** A message this page does not understand. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'message'; readonly message: SingleMessage }
  /** Whole views that came together, each with its age when the page hears of it. */
  | { readonly kind: 'units'; readonly at: string; readonly units: readonly AgedView[] }
  | { readonly kind: 'moves'; readonly at: string; readonly moves: PackedMoves }

export type LinkState = 'connecting' | 'live' | 'lost'
export type SingleMessage = Exclude<StreamMessage, { type: 'unit.changed' | 'units.moved' }>
export type AgedView = { readonly view: UnitView; readonly oldMs: number }
export type PackedMoves = {
  readonly numbers: Uint32Array<ArrayBuffer>
  readonly columns: Float64Array<ArrayBuffer>
}

/** Numbers of units since the last snapshot; worker and page count alike because they hear the same in the same order. */
export class UnitNumbers {
  private readonly numbers = new Map<string, number>()

  clear(): void {
    this.numbers.clear()
  }

  /** The number of a unit, the next one when it is new. */
  of(id: string): number {
    const known = this.numbers.get(id)
    if (known !== undefined) return known
    this.numbers.set(id, this.numbers.size)
    return this.numbers.size - 1
  }

  find(id: string): number | undefined {
    return this.numbers.get(id)
  }
}

/** Units that were never told whole are left out: the page has nothing to move. */
export function packMoves(moves: UnitMoves, numbers: UnitNumbers): PackedMoves {
  const known = moves.ids.flatMap((id, n) => (numbers.find(id) === undefined ? [] : [n]))
  const { lat, lon, speedMps, trackDeg, fixAgeMs, heardAgeMs } = moves
  const columns = new Float64Array(6 * known.length)
  for (const [c, column] of [lat, lon, speedMps, trackDeg, fixAgeMs, heardAgeMs].entries())
    for (const [i, n] of known.entries()) columns[c * known.length + i] = column[n] ?? NaN
  return { numbers: Uint32Array.from(known, n => numbers.of(moves.ids[n]!)), columns }
}
