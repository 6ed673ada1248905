/**
 * The word somebody most likely meant: at most two letters off and more than half right, or what they began to type.
 * `nearestWord('raods', ['roads', 'reach'])` is `roads`; nothing near gives undefined.
 */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const begun = words.filter(word => typed.length >= 3 && word.startsWith(typed))
  if (begun.length === 1) return begun[0]
  const near = words
    .map(word => ({ word, off: distance(typed, word) }))
    .filter(({ word, off }) => off <= 2 && off < word.length / 2)
    .toSorted((a, b) => a.off - b.off)
  return near[0]?.word
}

/** Letters to change, add, drop or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
