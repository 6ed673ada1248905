/**
 * Which seqs of a lane are known: sorted closed ranges that neither overlap nor touch. A healthy lane is `[[1, n]]`, so
 * copying on every change costs nothing and the value can be put into a row as it is.
 */
export type Range = readonly [first: number, last: number]
export type Ranges = readonly Range[]

/** `addRange([[1, 3], [7, 9]], 4, 6)` is `[[1, 9]]`. Expects `1 <= first <= last`. */
export function addRange(ranges: Ranges, first: number, last: number): Ranges {
  // What nearly every record does: it follows the last one.
  const [only] = ranges
  if (ranges.length === 1 && only![1] + 1 === first) return [[only![0], last]]
  const from = indexEndingFrom(ranges, first - 1)
  let to = from
  while (to < ranges.length && ranges[to]![0] <= last + 1) to++
  const start = Math.min(first, from < to ? ranges[from]![0] : first)
  const end = Math.max(last, from < to ? ranges[to - 1]![1] : last)
  return [...ranges.slice(0, from), [start, end], ...ranges.slice(to)]
}

/** Index of the first range that ends at `seq` or later; `ranges.length` when all end before it. */
function indexEndingFrom(ranges: Ranges, seq: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]![1] < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The range that holds `seq`, if any. */
export function rangeAt(ranges: Ranges, seq: number): Range | undefined {
  const range = ranges[indexEndingFrom(ranges, seq)]
  return range !== undefined && range[0] <= seq ? range : undefined
}

export const unionOf = (a: Ranges, b: Ranges): Ranges =>
  b.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), a)

/** The watermark: everything from 1 up to here is known. `[[1, 9], [12, 14]]` gives 9, `[[2, 5]]` gives 0. */
export const contiguousUpTo = (ranges: Ranges): number => (ranges[0]?.[0] === 1 ? ranges[0][1] : 0)

export const topOf = (ranges: Ranges): number => ranges.at(-1)?.[1] ?? 0

export const countOf = (ranges: Ranges): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)

/** What lacks between two seqs, both included: `missingIn([[1, 3], [7, 9]], [2, 10])` is `[[4, 6], [10, 10]]`. */
export function missingIn(ranges: Ranges, [first, last]: Range): Ranges {
  const holes: Range[] = []
  let next = first
  for (let i = indexEndingFrom(ranges, first); i < ranges.length && ranges[i]![0] <= last; i++) {
    if (ranges[i]![0] > next) holes.push([next, ranges[i]![0] - 1])
    next = ranges[i]![1] + 1
  }
  if (next <= last) holes.push([next, last])
  return holes
}

/** `withoutSeq([[1, 5]], 3)` is `[[1, 2], [4, 5]]`. */
export const withoutSeq = (ranges: Ranges, seq: number): Ranges =>
  ranges.flatMap((range): Ranges => {
    const [first, last] = range
    if (seq < first || seq > last) return [range]
    const left: Ranges = first < seq ? [[first, seq - 1]] : []
    return last > seq ? [...left, [seq + 1, last]] : left
  })
