import { fault } from '../result.ts'
import type { Fault } from '../result.ts'

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/

/** What a request says of where it comes from; browsers fill in `sec-fetch-*`, and no page can. */
export type Asker = { readonly url: string; readonly headers: Headers }
type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * Who may ask at all, before any route: a foreign Host is DNS rebinding, a foreign Origin is another page (also one of
 * another port here). A program on this computer sends no Origin and is let in: whoever runs programs here needs no trick.
 * A page's plain GET carries no Origin either, but its browser says where it comes from; a link to a page of ours may be
 * followed from anywhere.
 */
export function refusalAtDoor(
  host: string | undefined,
  origin: string | undefined,
  asker?: Asker,
): Fault | null {
  if (!LOOPBACK_HOST.test(host ?? '')) return fault('HOST_REFUSED', `asked for as ${quoted(host)}`)
  if (origin !== undefined && origin !== `http://${host}`) {
    return fault('ORIGIN_REFUSED', `asked by a page of ${quoted(origin)}`)
  }
  const site = asker?.headers['sec-fetch-site']
  if (asker !== undefined && (site === 'cross-site' || site === 'same-site') && !opensPage(asker)) {
    return fault('ORIGIN_REFUSED', `asked by a ${site} page`)
  }
  return null
}

/** A person follows a link to a page of ours, in a tab of its own. */
const opensPage = ({ url, headers }: Asker): boolean =>
  headers['sec-fetch-mode'] === 'navigate' &&
  (headers['sec-fetch-dest'] ?? 'document') === 'document' &&
  !/^\/v1(?![^/?])/.test(url)

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
