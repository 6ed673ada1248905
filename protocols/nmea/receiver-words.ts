import type { AntennaState, JammingState } from '../receiver-health.ts'

/*
 * What receivers say of themselves in TXT. Each maker has words of its own:
 *
 *   $GNTXT,01,01,02,ANTSTATUS=OPEN*2B       u-blox, MediaTek; INIT and DONTKNOW are no answer
 *   $GPTXT,01,01,01,ANTENNA OPEN*25         Quectel L76K and others on CASIC, ZKW
 *   $GPTXT,01,01,02,ANTENNA SHORT*66
 */
const ANTENNA = /\bANT(?:ENNA|STATUS|_STATUS)?[\s=:_]*(OK|NORMAL|GOOD|OPEN|SHORT)/i
const JAMMING = /\bJAM(?:MING|MED|STATUS|_STATUS)?[\s=:_]*(OK|NONE|NO|WARNING|CRITICAL|DETECTED|YES)?\b/i

/** The state of the antenna's wire, if these words tell it: `antennaIn('ANTENNA OPEN')` is `open`. */
export const antennaIn = (words: string): AntennaState | undefined => {
  const word = ANTENNA.exec(words)?.[1]?.toLowerCase()
  if (word === undefined) return undefined
  return word === 'open' || word === 'short' ? word : 'ok'
}

/** What these words say about interference: `jammingIn('jamming warning')` is `warning`. */
export const jammingIn = (words: string): JammingState | undefined => {
  const match = JAMMING.exec(words)
  if (match === null) return undefined
  const word = match[1]?.toLowerCase()
  if (word === 'ok' || word === 'none' || word === 'no') return 'ok'
  return word === 'critical' ? 'critical' : 'warning'
}
