/*
 * What a UART makes of a burst that was sent at another speed. One character on the wire, idle high:
 *
 *     ‾‾\_start_/ d0 d1 d2 d3 d4 d5 d6 d7 /‾stop‾
 *
 * The receiver waits for a falling edge and looks at the middle of each of its own bits. A stop bit that is low is a
 * framing error: the driver (IGNPAR, as serial ports are opened here) leaves the character out, unless all of it was
 * low, which is a break and is read as one zero.
 */
const BITS = 10

/** The bytes read at `heardBaud` when `bytes` were sent as one burst at `sentBaud`. */
export function heardAt(bytes: Uint8Array, sentBaud: number, heardBaud: number): Uint8Array {
  if (sentBaud === heardBaud) return bytes
  return sampled(bytes, heardBaud / sentBaud)
}

/** `ratio`: receiver's bits per sender's bit. Exported for the proof that a ratio near 1 loses nothing. */
export function sampled(bytes: Uint8Array, ratio: number): Uint8Array {
  const end = bytes.length * BITS
  const isHigh = (bit: number): boolean => {
    if (bit >= end) return true
    const at = bit % BITS
    return at === BITS - 1 || (at > 0 && ((bytes[Math.floor(bit / BITS)]! >> (at - 1)) & 1) === 1)
  }
  const heard: number[] = []
  const step = 1 / ratio
  for (let at = 0; ;) {
    let bit = Math.floor(at)
    while (bit < end && isHigh(bit)) bit += 1
    if (bit >= end) return Uint8Array.from(heard)
    const middle = (n: number): boolean => isHigh(Math.floor(bit + (n + 0.5) * step))
    if (middle(0)) {
      at = bit + 0.5 * step
      continue
    }
    let value = 0
    for (let n = 0; n < 8; n += 1) if (middle(n + 1)) value |= 1 << n
    const stopped = middle(BITS - 1)
    if (stopped || value === 0) heard.push(value)
    at = bit + (BITS - 0.5) * step
    // A line that is low after an error has to rise before it can fall.
    if (!stopped) while (at < end && !isHigh(Math.floor(at))) at = Math.floor(at) + 1
  }
}
