import { createStreamHub, QUEUE_BYTES_MAX } from '#gateway/api/stream.ts'
import type { StreamClient, StreamHub } from '#gateway/api/stream.ts'
import type { Change } from '#gateway/loop/effects.ts'
import type { Centre } from './centre.ts'
import type { Findings } from './checker/findings.ts'

/** Beside its queue a page may be handed the first picture. */
const PICTURE_BYTES_MAX = 2 * 1024 * 1024

/**
 * Pages at the centre's stream: one that reads, and beside it now and then one that is frozen. Joined only while one is
 * frozen, because nobody else asks what they cost.
 */
export class Pages {
  readonly #centre: Centre
  readonly #findings: Findings
  #hub: StreamHub | null = null
  #frozen = 0

  constructor(centre: Centre, findings: Findings) {
    this.#centre = centre
    this.#findings = findings
  }

  changed(changes: readonly Change[]): void {
    this.#hub?.publish(changes)
  }

  /** The centre is gone, its pages with it. */
  gone(): void {
    this.#hub?.close()
    this.#hub = null
  }

  freeze(): () => void {
    this.#frozen++
    const { city, clock } = this.#centre
    if (city !== null) {
      this.#hub ??= createStreamHub({
        clock,
        metrics: { streamClients: () => {}, streamDropped: () => {} },
        snapshot: () => {
          const now = clock.now()
          return {
            units: city.units(now),
            incidents: city.incidents(now),
            alarms: city.alarms(now),
            closures: city.closures(now),
            coverage: null,
          }
        },
      })
      this.#hub.join(this.#reading())
      this.#hub.join(this.#stuck())
    }
    return () => {
      if (--this.#frozen === 0) this.gone()
    }
  }

  #reading(): StreamClient {
    return { bufferedBytes: () => 0, isSilent: () => false, send: () => {}, close: () => {} }
  }

  #stuck(): StreamClient {
    let bytes = 0
    return {
      bufferedBytes: () => bytes,
      isSilent: () => false,
      send: text => {
        bytes += text.length
        if (bytes > QUEUE_BYTES_MAX + PICTURE_BYTES_MAX)
          this.#findings.add('unbounded', 'page', `${bytes} bytes queued for a page that does not read`)
      },
      close: () => {},
    }
  }
}
