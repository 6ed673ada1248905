import { fault } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/

/**
 * Who may ask at all, before any route: a foreign Host is DNS rebinding, a foreign Origin is another page (also one of
 * another port here). A program on this computer sends no Origin and is let in: whoever runs programs here needs no trick.
 */
export function refusalAtDoor(host: string | undefined, origin: string | undefined): Fault | null {
  if (!LOOPBACK_HOST.test(host ?? '')) return fault('HOST_REFUSED', `asked for as ${quoted(host)}`)
  if (origin !== undefined && origin !== `http://${host}`) {
    return fault('ORIGIN_REFUSED', `asked by a page of ${quoted(origin)}`)
  }
  return null
}

const quoted = (text: string | undefined): string => JSON.stringify((text ?? '').slice(0, 80))

/** Sent with every answer. MapLibre needs its worker as a file and images from memory; nothing else is opened. */
export const SAFETY_HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "worker-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const
