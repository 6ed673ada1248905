import type { Channel, ChannelValue, Gauge, PanelLife } from '#protocols/equipment.ts'
import type { Fault } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'

/** Who hears what a car's wires and buses say; a source without numbers never calls `onGauge`. */
export type InputListener = {
  /** Called on every change; `unknown` once nothing was believed for longer than a pulse lasts, never `off`. */
  onInput(channel: Channel, value: ChannelValue, now: Now): void
  /** `why` says what is wrong in words a technician can act on, where the source knows. */
  onState(state: PanelLife, now: Now, why?: Fault): void
  /** Null once the number has not been told for longer than it stays true. */
  onGauge?(gauge: Gauge, value: number | null, now: Now): void
}

/** Anything inputs come from: Modbus modules on a line, lines of the computer, the car's own bus. */
export type InputSource = { close(): void | Promise<void> }

const RANK: Readonly<Record<PanelLife, number>> = { ok: 0, silent: 1, no_device: 2 }

/** How several sources are doing in one word: as the worst of them. `worstLife(['ok', 'silent'])` is `silent`. */
export const worstLife = (lives: Iterable<PanelLife>): PanelLife =>
  [...lives].reduce<PanelLife>((worst, life) => (RANK[life] > RANK[worst] ? life : worst), 'ok')
