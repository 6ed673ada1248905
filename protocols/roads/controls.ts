/** What a drive passes on its way and at the junction it leads to, each counted up to what a byte has room for. */
export type Controls = {
  /** 0 to 3. */
  readonly signals: number
  /** 0 to 3: places where people cross on foot. */
  readonly crossings: number
  readonly stop: boolean
  readonly giveWay: boolean
  readonly miniRoundabout: boolean
  /** A gate that opens. */
  readonly gate: boolean
}

export const NO_CONTROLS: Controls = {
  signals: 0,
  crossings: 0,
  stop: false,
  giveWay: false,
  miniRoundabout: false,
  gate: false,
}

/** One byte: signals in bits 0 and 1, crossings 2 and 3, stop 4, give way 5, mini-roundabout 6, gate 7. */
export const packControls = (c: Controls): number =>
  Math.min(3, c.signals) +
  4 * Math.min(3, c.crossings) +
  16 * Number(c.stop) +
  32 * Number(c.giveWay) +
  64 * Number(c.miniRoundabout) +
  128 * Number(c.gate)

export const unpackControls = (byte: number): Controls => ({
  signals: byte & 3,
  crossings: (byte >> 2) & 3,
  stop: (byte & 16) !== 0,
  giveWay: (byte & 32) !== 0,
  miniRoundabout: (byte & 64) !== 0,
  gate: (byte & 128) !== 0,
})
