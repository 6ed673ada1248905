import type { AlarmView } from '#protocols/api.ts'
import type { Words } from './zh.ts'

/** `silent (lightbar, siren)`: why, and after which contacts. */
const BODYCAM = /^(\w+) \(([\w, ]*)\)$/

/**
 * What an alarm says of itself, in the words of the desk: `silent (lightbar)` becomes `警灯触发，没有录制`. Words this
 * version does not know stay as they came: better strange than lost.
 */
export function alarmDetailWords({ kind, detail }: Pick<AlarmView, 'kind' | 'detail'>, w: Words): string {
  if (kind === 'panic') return w.panicSources[detail] ?? detail
  const [, reason = '', contacts = ''] = (kind === 'bodycam.failed' && BODYCAM.exec(detail)) || []
  const known = w.bodycamReasons[reason]
  if (known === undefined) return detail
  const names: Readonly<Record<string, string>> = w.channels
  const sources = contacts.split(', ').filter(name => name !== '')
  if (sources.length === 0) return known
  return w.bodycamFailed(known, sources.map(name => names[name] ?? name).join(w.and))
}
