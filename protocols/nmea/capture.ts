const HASH = 0x23
const LF = 0x0a
/** Test loads of network receivers mark where a packet ended with a byte that their head names. */
const COOKIE = /^#\s*Delay-Cookie:\s*(\S)\s/m

/** What a receiver sent, without the `#` lines people put before it. Further on, `#` may be a byte of a binary frame. */
export const withoutHeader = (bytes: Uint8Array): Uint8Array => {
  let at = 0
  while (bytes[at] === HASH) {
    const end = bytes.indexOf(LF, at)
    if (end < 0) return bytes.subarray(bytes.length)
    at = end + 1
  }
  const cookie = COOKIE.exec(String.fromCharCode(...bytes.subarray(0, Math.min(at, HEAD_BYTES_MAX))))?.[1]
  const body = bytes.subarray(at)
  return cookie === undefined ? body : body.filter(byte => byte !== cookie.charCodeAt(0))
}

/** A head longer than this is no head: enough for every capture seen, eight times over. */
const HEAD_BYTES_MAX = 16_384
