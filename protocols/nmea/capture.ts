const HASH = 0x23
const LF = 0x0a

/** What a receiver sent, without the `#` lines people put before it. Further on, `#` may be a byte of a binary frame. */
export const withoutHeader = (bytes: Uint8Array): Uint8Array => {
  let at = 0
  while (bytes[at] === HASH) {
    const end = bytes.indexOf(LF, at)
    if (end < 0) return bytes.subarray(bytes.length)
    at = end + 1
  }
  return bytes.subarray(at)
}
