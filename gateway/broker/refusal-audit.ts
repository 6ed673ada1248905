import { deviceUrn } from '#protocols/ids.ts'
import type { RefusalCode } from './broker.ts'

/** One line for a device and a code in so long: who tries for ever must not fill the audit. */
const EVERY_MS = 60_000
/** More devices than that at once are a fleet gone wrong; the one heard longest ago is then written again too soon. */
const KNOWN_MAX = 10_000

export type Refused = {
  readonly code: RefusalCode
  /** Subject alternative name of a certificate of ours: only who has one gets into the audit by name. */
  readonly san: string | undefined
  readonly address: string
}

/** Turns refusals into lines of audit; `since` counts what the line before stands for. */
export function refusalAudit(
  nowMonoMs: () => number,
  write: (actor: string, detail: Readonly<Record<string, unknown>>) => void,
): (refused: Refused) => void {
  const known = new Map<string, { readonly monoMs: number; more: number }>()
  return ({ code, san, address }) => {
    const key = `${code} ${san}`
    const before = known.get(key)
    const monoMs = nowMonoMs()
    if (before !== undefined && monoMs - before.monoMs < EVERY_MS) {
      before.more += 1
      return
    }
    known.delete(key)
    known.set(key, { monoMs, more: 0 })
    if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!)
    write(actorOf(san), {
      code,
      address,
      ...(before !== undefined && before.more > 0 && { since: before.more }),
    })
  }
}

/** `device:ptu-07`, as everywhere in the audit. */
const actorOf = (san: string | undefined): string => {
  const prefix = `URI:${deviceUrn('')}`
  return san?.startsWith(prefix) ? `device:${san.slice(prefix.length)}` : `certificate:${san ?? ''}`
}
