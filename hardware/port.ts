import type { Result } from '#protocols/result.ts'

/**
 * A line with bytes on it: a serial port, a pseudo-terminal, a simulated wire. Contract (`test/contracts/port.ts`):
 * bytes arrive in order in any chunking; `write` settles within its timeout, also on a dead line; after `closed`
 * nothing more is heard; closing twice is harmless. Bytes that arrive before the first `onBytes` are lost, so listen
 * in the same turn in which the port was handed over.
 */
export type Port = {
  /** What a technician would call it: `/dev/serial/by-id/usb-u-blox…`. */
  readonly path: string
  /** Grows by one with every open of the same path, so that a late event of an old line is recognisable. */
  readonly generation: number
  onBytes(listener: (bytes: Uint8Array) => void): void
  /** Called once, also when it is already closed; `reason` is `unplugged`, `closed` or the driver's own words. */
  onClosed(listener: (reason: string) => void): void
  /** `ok` when the driver took the bytes, else a fault `PORT_ABSENT`, `PORT_TIMEOUT` or `PORT_FAILED`; never throws. */
  write(bytes: Uint8Array, timeoutMs: number): Promise<Result<void>>
  /**
   * Takes the control line DTR away and gives it back, which starts some receivers and adapters anew. Absent or
   * `PORT_FAILED` where a line has no such thing (a pseudo-terminal).
   */
  reset?(timeoutMs: number): Promise<Result<void>>
  close(): Promise<void>
}

/**
 * Opens the line; never throws: an absent, busy, forbidden or broken port is a fault with `PORT_ABSENT`, `PORT_BUSY`,
 * `PORT_DENIED` or `PORT_FAILED`.
 */
export type OpenPort = (path: string, options: { readonly baud: number }) => Promise<Result<Port>>
