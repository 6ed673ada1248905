/** A junction and the deciseconds to it; sorted by junction. */
export type Reached = readonly (readonly [node: number, ds: number])[]

/**
 * Where two reached sets differ, tolerance 0, as words: `7: 120 ds, theirs 121`, `8: not reached, theirs 90`. Empty when
 * they are equal; at most `most` of them.
 */
export function differences(ours: Reached, theirs: Reached, most = 5): string[] {
  const found: string[] = []
  let [i, j] = [0, 0]
  while ((i < ours.length || j < theirs.length) && found.length < most) {
    const [node = Infinity, ds] = ours[i] ?? []
    const [other = Infinity, otherDs] = theirs[j] ?? []
    if (node === other && ds !== otherDs) found.push(`${node}: ${ds} ds, theirs ${otherDs}`)
    if (node < other) found.push(`${node}: ${ds} ds, theirs not reached`)
    if (node > other) found.push(`${other}: not reached, theirs ${otherDs}`)
    if (node <= other) i++
    if (other <= node) j++
  }
  return found
}
