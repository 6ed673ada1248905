import { Icon } from '../look/icons.tsx'
import { degraded } from '../state/picture.ts'
import { link, lostForMs, outdated } from '../state/stream.ts'
import { printSheet } from './unit-sheet.tsx'
import { ageWords, words } from '../words/words.ts'

/** Says plainly that what is on the screen is not now, and since when. */
export function LinkBanner() {
  const w = words.value
  const lostMs = lostForMs.value
  if (lostMs !== null) {
    const never = link.value.state === 'connecting'
    return (
      <div class="banner" data-kind="lost" role="alert">
        <Icon name="unlink" />
        <b>{never ? w.neverConnected : w.lostTitle(ageWords(lostMs))}</b>
        <span>{never ? w.neverConnectedBody : w.lostBody}</span>
        <button type="button" class="button" onClick={printSheet}>
          <Icon name="print" />
          {w.printSheet}
        </button>
        {link.value.reason !== '' && <span>{w.lostReason(closeWords(link.value.reason))}</span>}
        {link.value.tries > 0 && <span class="banner-tries num">{w.retrying(link.value.tries)}</span>}
      </div>
    )
  }
  if (outdated.value)
    return (
      <div class="banner" data-kind="note" role="status">
        <b>{w.outdated}</b>
        <button type="button" class="button" onClick={() => location.reload()}>
          {w.reload}
        </button>
      </div>
    )
  if (degraded.value !== null)
    return (
      <div class="banner" data-kind="note" role="status">
        <Icon name="alarm" />
        <b>{w.degraded(degraded.value)}</b>
      </div>
    )
  return null
}

/** A reason this version does not know stays in the gateway's own words. */
const closeWords = (reason: string): string => words.value.gatewayReasons[reason] ?? reason
