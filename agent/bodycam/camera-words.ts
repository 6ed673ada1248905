import { z } from 'zod'

/*
 * What agent and camera say to each other, our own reference protocol. One JSON object per UDP datagram, per line of TCP, or
 * per HTTP POST to /v1/camera (its answer is the body of the response). The agent asks, the camera answers:
 *
 *     {"v":1,"op":"start","cameraId":"cam-07","activationId":"act-3-mb1","nonce":"2-17-9f3c21aa"}
 *     {"v":1,"op":"mark",  … the same: a sign in the recording that runs }
 *     {"v":1,"op":"status","cameraId":"cam-07","nonce":"2-18-51d0be04"}
 *
 *     {"v":1,"op":"ack","cameraId":"cam-07","nonce":"2-17-9f3c21aa","accepted":true,"recording":false,"bytes":0}
 *     {"v":1,"op":"ack", …,"accepted":false,"code":"CARD_FULL","recording":false,"bytes":0}
 *
 * - There is no word that stops a recording: an officer's recording cannot be stopped by a word that does not exist.
 * - `start` to a camera that records begins nothing and marks the recording. The same activation twice is one.
 * - `bytes` of the recording that runs, growing: a camera that says it records and writes nothing is not believed.
 * - The nonce names connection, question and a random number. An answer to another question, of another connection or of a
 *   camera that is not of this car is counted and not believed.
 */
const CameraId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
const Nonce = z.string().regex(/^[0-9]{1,10}-[0-9]{1,10}-[0-9a-f]{8}$/)

export const CameraQuestion = z.discriminatedUnion('op', [
  z.strictObject({
    v: z.literal(1),
    op: z.enum(['start', 'mark']),
    cameraId: CameraId,
    activationId: z.string().max(64),
    nonce: Nonce,
  }),
  z.strictObject({ v: z.literal(1), op: z.literal('status'), cameraId: CameraId, nonce: Nonce }),
])
export type CameraQuestion = z.infer<typeof CameraQuestion>

export const CameraAnswer = z.strictObject({
  v: z.literal(1),
  op: z.literal('ack'),
  cameraId: CameraId,
  nonce: Nonce,
  accepted: z.boolean(),
  /** Why not, such as `CARD_FULL` or `BATTERY_FLAT`. */
  code: z
    .string()
    .regex(/^[A-Z_]{1,32}$/)
    .optional(),
  recording: z.boolean(),
  bytes: z.number().int().nonnegative(),
})
export type CameraAnswer = z.infer<typeof CameraAnswer>

/** Longest message of either side; a camera that sends more is cut off. */
export const CAMERA_MESSAGE_BYTES_MAX = 1_024

const PRIVATE =
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)\d{1,3}\.\d{1,3}(\.\d{1,3})?:(\d{1,5})$/

/** `192.168.7.20:4810`: a camera is in the car's own network; an address of the outside world does not fit. */
export const CameraAddress = z
  .string()
  .refine(
    text => PRIVATE.test(text) && isIpv4(text.split(':')[0]!) && Number(text.split(':')[1]) <= 65_535,
    'not a private address such as 192.168.7.20:4810',
  )

const isIpv4 = (host: string): boolean =>
  host.split('.').length === 4 && host.split('.').every(part => /^\d{1,3}$/.test(part) && Number(part) < 256)

/** What a unit's file says of its cameras: `{ "kind": "udp", "address": "192.168.7.20:4810", "cameraIds": ["cam-07"] }`. */
export const FittedCamera = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('contact') }),
  z.strictObject({
    kind: z.enum(['udp', 'tcp', 'http']),
    address: CameraAddress,
    /** The cameras of this car: no other is asked or believed. */
    cameraIds: z.array(CameraId).min(1).max(4),
  }),
])
export type FittedCamera = z.infer<typeof FittedCamera>
