import type { Problem } from '../api.ts'
import { ERROR_CODES } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

/** HTTP status of every code the API answers with; a code that is not here is the caller's to put right: 400. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  UNIT_UNKNOWN: 404,
  INCIDENT_UNKNOWN: 404,
  ORDER_UNKNOWN: 404,
  ALARM_UNKNOWN: 404,
  WALKIN_UNKNOWN: 404,
  WALKIN_REMOVED: 410,
  GRID_UNKNOWN: 404,
  CLOSURE_UNKNOWN: 404,
  CLOSURE_ENDED: 409,
  CLOSURE_TOO_MANY: 409,
  CLOSURE_TIMES: 422,
  CLOSURE_EDGE_UNKNOWN: 422,
  CLOSURE_NO_WAY: 422,
  CLOSURE_NO_NAME: 422,
  CLOSURE_NO_ROAD: 422,
  CLOSURE_TOO_LARGE: 422,
  POSITION_UNKNOWN: 409,
  COVERAGE_LOST: 503,
  DEVICE_UNKNOWN: 404,
  CODE_UNKNOWN: 404,
  CODE_NOT_OPEN: 409,
  HOST_REFUSED: 421,
  ORIGIN_REFUSED: 403,
  BODY_TOO_LARGE: 413,
  IDEMPOTENCY_CONFLICT: 422,
  PLACE_OFF_ROAD: 422,
  INCIDENT_CLOSED: 409,
  ALREADY_ASSIGNED: 409,
  ORDER_STALE: 409,
  ASSIGNMENT_ENDED: 409,
  FORBIDDEN: 403,
  INTERNAL: 500,
  TILES_BROKEN: 500,
  ROADS_TILED: 404,
  WINDOW_EXPIRED: 409,
  NOT_READY: 503,
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code)

/**
 * RFC 9457 problem of a fault. `title` says what to do about the code, `detail` what happened this time.
 * `problemOf('UNIT_UNKNOWN', 'ptu-99')` has status 404 and type `urn:reach5:problem:UNIT_UNKNOWN`.
 */
export function problemOf(code: string, detail: string): Problem {
  const known = isErrorCode(code)
  return {
    type: `urn:reach5:problem:${code}`,
    title: known ? ERROR_CODES[code] : code,
    status: (known ? STATUS[code] : undefined) ?? 400,
    code,
    detail,
  }
}
