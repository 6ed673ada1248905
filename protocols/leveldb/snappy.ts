import { varintAt } from './varint.ts'

/** Blocks are 4 KiB by default; one record of the largest body is its own block. */
const BLOCK_BYTES_MAX = 16 * 1024 * 1024

/** Snappy's raw format (snappy/format_description.txt); null for what does not unpack. */
export function unsnap(packed: Buffer): Buffer | null {
  const head = varintAt(packed, 0)
  if (!head || head.value > BLOCK_BYTES_MAX) return null
  const out = Buffer.alloc(head.value)
  let [at, to] = [head.end, 0]
  while (at < packed.length) {
    const tag = packed[at++]!
    const kind = tag & 3
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      if (at + extra > packed.length) return null
      const length = 1 + (extra === 0 ? tag >> 2 : packed.readUIntLE(at, extra))
      at += extra
      if (at + length > packed.length || to + length > out.length) return null
      packed.copy(out, to, at, at + length)
      ;[at, to] = [at + length, to + length]
      continue
    }
    const wide = [0, 1, 2, 4][kind]!
    if (at + wide > packed.length) return null
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const back = kind === 1 ? ((tag >> 5) << 8) | packed[at]! : packed.readUIntLE(at, wide)
    at += wide
    if (back === 0 || back > to || to + length > out.length) return null
    for (const end = to + length; to < end; to++) out[to] = out[to - back]!
  }
  return to === out.length ? out : null
}
