import type { X509Certificate } from 'node:crypto'
import { deviceUrn, ID_PATTERN } from '#protocols/ids.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { RefusalCode } from './broker.ts'

/** Refusal to a client that asked for something nobody may have; the words of MQTT 3.1.1. */
const IDENTIFIER_REJECTED = 2
const NOT_AUTHORIZED = 5

export type ConnectRefusal = {
  readonly code: RefusalCode
  readonly returnCode: number
  /** For the log. */
  readonly detail: string
}

type Credentials = Pick<X509Certificate, 'subjectAltName' | 'serialNumber' | 'fingerprint256' | 'validTo'>

/**
 * Why a CONNECT is refused, null when it is not: the client id says what the certificate says, the certificate counts, nothing
 * is asked for that nobody may have, and no successor of the certificate is connected.
 */
export function refusalOfConnect(
  packet: { readonly clientId: string; readonly clean?: boolean; readonly will?: unknown },
  certificate: Credentials,
  admits: (deviceId: DeviceId, serial: string) => boolean,
  present: (deviceId: DeviceId) => Credentials | undefined,
): ConnectRefusal | null {
  const { clientId } = packet
  const { subjectAltName, serialNumber } = certificate
  if (!ID_PATTERN.test(clientId) || subjectAltName !== `URI:${deviceUrn(clientId)}`)
    return mismatch(`${quoted(clientId)} by ${subjectAltName}`)
  if (!admits(clientId, serialNumber))
    return refusal('CLIENT_NO_CERTIFICATE', NOT_AUTHORIZED, `serial ${serialNumber} does not count`)
  if (packet.will) return refusal('CLIENT_FORBIDDEN_FEATURE', NOT_AUTHORIZED, 'will')
  if (packet.clean !== true) return refusal('CLIENT_FORBIDDEN_FEATURE', NOT_AUTHORIZED, 'persistent session')
  return isOlder(certificate, present(clientId))
    ? refusal('CLIENT_NO_CERTIFICATE', NOT_AUTHORIZED, 'a newer certificate is connected')
    : null
}

/** A client that is not who it said it was. */
export const mismatch = (detail: string): ConnectRefusal =>
  refusal('CLIENT_ID_MISMATCH', IDENTIFIER_REJECTED, detail)

/** A session is taken over by the same certificate or its successor, never by its predecessor. */
function isOlder(certificate: Credentials, present: Credentials | undefined): boolean {
  if (present === undefined || present.fingerprint256 === certificate.fingerprint256) return false
  return Date.parse(certificate.validTo) < Date.parse(present.validTo)
}

const refusal = (code: RefusalCode, returnCode: number, detail: string) => ({ code, returnCode, detail })

/** Foreign text in a log line: short and visible, whatever was sent. */
export const quoted = (text: string): string => JSON.stringify(text.slice(0, 80))
