import { blocksOf, entriesOf, INTERNAL_KEY_BYTES_MIN, isBefore, readTable } from './table.ts'
import type { Block, Entries } from './table.ts'

/*
 * LevelDB does not compare the checksums of its blocks when it reads (no way to ask for it from Node), and where a key comes out
 * shorter than the eight bytes it must have, or out of order, it ends the whole process by an assertion. So every table is looked at
 * before LevelDB sees it.
 */
export type TableCheck = {
  /** Every block matches its checksum. */
  readonly isIntact: boolean
  /**
   * Why reading it could end the process, or null. A damaged block whose keys are all long enough and in order is no such
   * reason: LevelDB reads it from end to end, and the boot scan finds what changed. What a lookup by key finds in it is
   * another matter.
   */
  readonly danger: string | null
}

export function checkTable(table: Buffer): TableCheck {
  const read = readTable(table)
  // Without its footer LevelDB refuses the table in words.
  if (read === null) return { isIntact: false, danger: null }
  const { index, entries, meta, blocks } = read
  if (!index.isIntact && !isSound(entries)) return { isIntact: false, danger: 'its index is damaged' }
  const filters = meta === null ? [null] : blocksOf(table, entriesOf(meta.bytes))
  const all = [index, meta, ...blocks, ...filters]
  if (all.every(block => block?.isIntact === true)) return { isIntact: true, danger: null }
  return { isIntact: false, danger: dangerIn(blocks.filter(block => block !== null)) }
}

function dangerIn(blocks: readonly Block[]): string | null {
  if (blocks.every(block => block.isIntact)) return null
  const inBlocks = blocks.map(block => entriesOf(block.bytes))
  if (!inBlocks.every(isSound)) return 'a block is damaged'
  const keys = inBlocks.flatMap(({ list }) => list.map(entry => entry.key))
  return keys.every((key, i) => i === 0 || isBefore(keys[i - 1]!, key)) ? null : 'its keys are out of order'
}

const isSound = ({ list, isWhole }: Entries): boolean =>
  isWhole && list.every(({ key }) => key.length >= INTERNAL_KEY_BYTES_MIN)
