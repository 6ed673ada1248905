import { nameOf } from './content.ts'
import { wordsOfGap } from './gap-words.ts'
import type { GapRow, Spans } from './gap-words.ts'

type Rows = (family: string) => ReadonlyMap<string, unknown>

/** Numbers of one lane that nobody explains. */
export type SilentHole = {
  readonly deviceId: string
  readonly first: string
  readonly count: number
}

/** What is said of a lane beside its rows: by name of the lane. */
type Words = ReadonlyMap<string, Spans>

/**
 * Numbers below one that lies in the ledger of which the ledger itself says nothing: no record, no word that it came under another
 * name, no receipt, no loss that was written down. Whoever reads nothing but the ledger could not say what became of them.
 */
export function silentHoles(rows: Rows): readonly SilentHole[] {
  const lanes = [...rows('watermark/').keys()].map(key => key.slice('watermark/'.length))
  const words = wordsOf(rows, lanes)
  return lanes.flatMap(lane => {
    const numbers = numbersIn(rows(`record/${lane}/`).keys())
    const known = new Set([...numbers, ...numbersIn(rows(`record/=/${lane}/`).keys())])
    const said = words.get(lane) ?? []
    const silent: number[] = []
    for (let seq = Math.max(0, ...numbers) - 1; seq > 0; seq--)
      if (!known.has(seq) && !said.some(([first, last]) => first <= seq && seq <= last)) silent.push(seq)
    if (silent.length === 0) return []
    const [deviceId, epoch, name] = lane.split('/') as [string, string, string]
    return [{ deviceId, first: nameOf(epoch, name, silent.at(-1)!), count: silent.length }]
  })
}

/** Whether a lane stands in the ledger without some of what came before: all of it may be on its way yet. */
export function isWithout(rows: Rows, lane: string): boolean {
  const numbers = numbersIn(rows(`record/${lane}/`).keys())
  const here = new Set([...numbers, ...numbersIn(rows(`record/=/${lane}/`).keys())])
  return here.size < Math.max(0, ...numbers)
}

const numbersIn = (keys: Iterable<string>): readonly number[] =>
  Array.from(keys, key => Number(key.slice(key.lastIndexOf('/') + 1)))

function wordsOf(rows: Rows, lanes: readonly string[]): Words {
  const words = new Map<string, (readonly [number, number])[]>()
  const add = (deviceId: string, epoch: string, lane: string, spans: Spans): void => {
    const key = `${deviceId}/${epoch}/${lane}`
    words.set(key, [...(words.get(key) ?? []), ...spans])
  }
  for (const lane of lanes.filter(name => name.endsWith('/event'))) {
    const deviceId = lane.slice(0, lane.indexOf('/'))
    for (const row of rows(`record/${lane}/`).values()) {
      if ((row as Row).kind !== 'gap') continue
      for (const { epoch, lane: of, ranges } of wordsOfGap(row as Row)) add(deviceId, epoch, of, ranges)
    }
  }
  for (const row of rows('audit/').values()) {
    const { action, detail } = row as { readonly action: string; readonly detail: LostDetail }
    if (action === 'intake.lost') add(detail.deviceId, detail.epoch, detail.lane, detail.holes)
  }
  return words
}

type Row = GapRow & { readonly kind: string }
type LostDetail = {
  readonly deviceId: string
  readonly epoch: string
  readonly lane: string
  readonly holes: Spans
}
