/**
 * The world misbehaves (noise, a refused certificate, a full disk): that is data, not an exception.
 * `code` is one of `protocols/errors.ts`; `detail` is for the log, never for a decision.
 */
export type Ok<T> = { readonly ok: true; readonly value: T }
export type Fault = { readonly ok: false; readonly code: string; readonly detail: string }
export type Result<T> = Ok<T> | Fault

/** `ok(3)` is `{ ok: true, value: 3 }`. */
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value })

/** `fault('NMEA_CHECKSUM', 'got 4A, computed 4B')`. */
export const fault = (code: string, detail: string): Fault => ({ ok: false, code, detail })
