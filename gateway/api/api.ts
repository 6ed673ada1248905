import type {
  DeviceView,
  EnrolmentCreate,
  EnrolmentIssued,
  LedgerRow,
  Recommendation,
} from '#protocols/api.ts'
import type { Sealed } from '#protocols/sealed.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import type { Lane } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { CityViews } from '../city.ts'
import type { CoverageDesk } from '../coverage/coverage-desk.ts'
import type { RecommendOptions } from '../dispatch/recommend.ts'
import type { Command } from '../loop/effects.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { OperatorParts } from '../operator/operator.ts'
import type { Tiles } from '../tiles/tiles-file.ts'

export type RecordQuery = {
  readonly deviceId: DeviceId
  readonly lane?: Lane | undefined
  readonly epoch?: string | undefined
  /** `next` of the page before. */
  readonly after?: string | undefined
  readonly limit: number
  /** One page from the end; takes no `after`. */
  readonly order?: 'oldest' | 'newest' | undefined
}

export type RecordPage = { readonly records: readonly LedgerRow[]; readonly next: string | null }

/** What the API stands on; it reaches the gateway through these functions and nothing else. */
export type ApiParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly views: CityViews
  /** Who can be at a place, worked out in turns of the event loop: it takes longer than anything may hold it. */
  readonly recommend: (place: LatLon, options?: RecommendOptions) => Promise<Result<Recommendation>>
  /** Resolves after the commit. */
  readonly submit: (command: Command, actor: string) => Promise<Result<unknown>>
  readonly readRecords: (query: RecordQuery) => Promise<Result<RecordPage>>
  readonly devices: () => Promise<readonly DeviceView[]>
  readonly issueCode: (create: EnrolmentCreate, actor: string) => Promise<Result<EnrolmentIssued>>
  /** Opens what a visitor told; `aad` is the id of the walk-in. */
  readonly unseal: (sealed: Sealed, aad: string) => Result<string>
  /** For whoever keeps it running: `gateway/operator`. */
  readonly operator: OperatorParts
  /** Commits one line of audit; a read that must be audited happens only after it did. */
  readonly audit: (action: string, actor: string, detail: Record<string, unknown>) => Promise<Result<void>>
  /** GeoJSON texts, made once at start. */
  readonly geo: {
    readonly grids: string
    /** Undefined for a city too large for one text. */
    readonly roads: string | undefined
    readonly city: string
    /** See the end of `protocols/coverage.ts`. */
    readonly roadLines: { readonly gzip: Uint8Array }
  }
  /** The base map; null where none was imported. */
  readonly tiles: Tiles | null
  /** Whoever computes coverage, asked for what only it has; what everybody sees is in `views`. */
  readonly coverage: CoverageDesk
  /** False while starting or stopping: everything under /v1 answers NOT_READY. */
  readonly ready: () => boolean
}
