import type { SealKey } from '#protocols/sealed.ts'
import type { StationPlace } from '#protocols/enrolment.ts'
import type { DeskItem, KioskAnswer, KioskState } from '#protocols/kiosk.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { KioskReport } from '#protocols/kiosk.ts'
import type { Result } from '#protocols/result.ts'
import type { ConsultTopic } from '#protocols/walk-in.ts'
import type { Now } from '#protocols/time.ts'
import type { z } from 'zod'
import type { Note } from '../outbox/outbox.ts'
import type { News } from '../uplink/carrier.ts'
import { NO_NONCES } from '../vehicle/nonces.ts'
import type { Nonces } from '../vehicle/nonces.ts'
import type { ReceiptsNote } from './receipts.ts'

/** One thing at the station that wants a person; kept as a note, without anything that names the visitor. */
export type StationItem = Omit<DeskItem, 'ageMs' | 'taken'> & {
  readonly raisedUtcMs: number
  readonly raisedMonoMs: number
  readonly bootId: string
  /** Where its record lies; null for a call, and while it is not stored. */
  readonly record: { readonly epoch: string; readonly lane: Lane; readonly seq: number } | null
  readonly takenUtcMs: number | null
}

export type Filed = z.output<typeof KioskReport>

/** Everything a duty station's computer knows. Changed by `core.ts` alone. */
export type StationState = {
  readonly deviceId: string
  readonly name: string
  readonly place: StationPlace
  readonly places: KioskState['places']
  /** Who may read what visitors tell: today the gateway. */
  readonly sealTo: readonly SealKey[]
  readonly bootId: string
  readonly bootCount: number
  items: readonly StationItem[]
  nonces: Nonces
  /** When an order was last answered, anew or again. */
  lastReceiptMonoMs: number
  window: { readonly nonce: string; readonly madeMonoMs: number } | null
  pending: Map<string, PendingAppend>
  nextRef: number
  lastConsultationMonoMs: number
}

/** What to do when an append completes. */
export type PendingAppend =
  | {
      readonly then: 'filed'
      readonly ref: string
      readonly number: string
      readonly askRefs: string[]
      readonly emergency: boolean
      readonly alarmBody: string | null
      readonly at: Now
    }
  | {
      readonly then: 'alarmed'
      readonly ref: string
      readonly askRefs: string[]
      readonly body: string
      readonly at: Now
    }
  | { readonly then: 'receipt'; readonly nonce: string }
  | { readonly then: 'nothing' }

/** All that can happen at a station. */
export type StationEvent =
  | { readonly type: 'boot'; readonly software: string; readonly store: string }
  /** `receipts` and `epoch` as the store has them now: after a failed write the store alone knows what it holds. */
  | {
      readonly type: 'report'
      readonly askRef: string
      readonly report: Filed
      readonly receipts: ReceiptsNote | undefined
      readonly epoch: string
    }
  | {
      readonly type: 'alarm'
      readonly askRef: string
      readonly draftId: string
      readonly source: 'button' | 'danger'
    }
  | { readonly type: 'call' }
  | { readonly type: 'consultation'; readonly topic: ConsultTopic }
  | { readonly type: 'taken'; readonly ref: string }
  | News
  | { readonly type: 'appended'; readonly ref: string; readonly result: Result<readonly WireRecord[]> }
  | { readonly type: 'tick' }

export type StationEffect =
  | {
      readonly type: 'append'
      readonly ref: string
      readonly drafts: readonly RecordDraft[]
      readonly notes: readonly Note[]
    }
  | {
      readonly type: 'unstored'
      readonly id: string
      readonly kind: string
      readonly body: string
      readonly occurred: Now
    }
  | { readonly type: 'live' }
  /** What the kiosk shows changed. */
  | { readonly type: 'shown' }
  | { readonly type: 'answered'; readonly askRef: string; readonly answer: KioskAnswer }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn'
      readonly event: string
      readonly detail: Record<string, unknown>
    }

export const DESK_NOTE = 'desk'

export type StationIdentity = Pick<
  StationState,
  'deviceId' | 'name' | 'place' | 'places' | 'sealTo' | 'bootId' | 'bootCount'
>

/** A fresh state, or the one the notes remember. */
export const initialStation = (
  identity: StationIdentity,
  notes: ReadonlyMap<string, unknown>,
  noncesNote: string,
): StationState => ({
  ...identity,
  items: (notes.get(DESK_NOTE) as readonly StationItem[] | undefined) ?? [],
  nonces: (notes.get(noncesNote) as Nonces | undefined) ?? NO_NONCES,
  lastReceiptMonoMs: -Infinity,
  window: null,
  pending: new Map(),
  nextRef: 1,
  lastConsultationMonoMs: -Infinity,
})
