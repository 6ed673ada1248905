import type { CoverageReason } from '#protocols/coverage.ts'
import { closures } from '../state/closures.ts'
import { incidents } from '../state/picture.ts'
import { roadNames } from '../words/closure-words.ts'
import { ageWords, kilometreWords, words } from '../words/words.ts'

/** One reason as a sentence: what was compared with what, in the words of the desk. */
export function reasonWords({ code, value, limit, incidentId, closureId }: CoverageReason): string {
  const { coverageReasons: say } = words.value
  const share = (part: number | null): string =>
    // Down, never up: 49.6 % is not the half that was wanted.
    part === null ? '—' : `${Math.floor(part * 100)}%`
  const seconds = (time: number | null): string => (time === null ? '—' : ageWords(time * 1000))
  switch (code) {
    case 'share_low':
      return say.shareLow(share(value), share(limit))
    case 'thin':
      return say.thin(value ?? 0, limit ?? 2)
    case 'cold_spot':
      return say.coldSpot(share(value), share(limit))
    case 'nobody_reaches':
      return say.nobodyReaches
    case 'incident_unreachable': {
      const incident = incidents.value.get(incidentId ?? '')?.view
      const name =
        incident === undefined ? '' : `${words.value.classes[incident.class]} ${incident.place.text}`
      return say.incidentUnreachable(name)
    }
    case 'data_stale':
      return say.dataStale(share(value), share(limit))
    case 'no_data':
      return say.noData
    case 'held':
      return say.held(seconds(value), seconds(limit))
    case 'road_closed': {
      const closure = closures.value.get(closureId ?? '')?.view
      return say.roadClosed(closure === undefined ? '' : roadNames(closure.roads), kilometreWords(value ?? 0))
    }
    case 'covered':
      return say.covered
  }
}
