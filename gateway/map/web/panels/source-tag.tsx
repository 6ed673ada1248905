import type { IncidentView } from '#protocols/api.ts'
import { Icon } from '../look/icons.tsx'
import { words } from '../words/words.ts'

/** Who told of it, where that changes what a dispatcher does: a reporter still stands at the kiosk, an officer on the street. */
export function SourceTag({ source }: { source: IncidentView['source'] }) {
  const w = words.value
  switch (source) {
    case 'kiosk':
      return (
        <span class="tag" data-source="kiosk">
          <Icon name="kiosk" />
          {w.sources.kiosk}
        </span>
      )
    case 'crew':
      return (
        <span class="tag" data-source="crew">
          {w.sources.crew}
        </span>
      )
    case 'map':
    case 'api':
    case 'simulator':
      return null
  }
}
