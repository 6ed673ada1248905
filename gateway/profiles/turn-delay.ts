import type { Profile } from './profile.ts'

/**
 * Seconds a turn takes by its angle: 0 is straight on, 90 to the right, -90 to the left. A sigmoid that is nearly nothing
 * up to 30 degrees and all of `mostSeconds` towards turning round; across the oncoming traffic it rises earlier (OSRM,
 * profiles/car.lua, process_turn). Driving on the right, 90 degrees take 2.1 s to the right and 5.4 s to the left.
 */
export function turnSeconds(angleDeg: number, { mostSeconds, bias, driveOn }: Profile['turns']): number {
  const rightBias = driveOn.value === 'right' ? bias.value : 1 / bias.value
  const half = angleDeg / 180
  const rise = angleDeg >= 0 ? (13 / rightBias) * half : -13 * rightBias * half
  const start = angleDeg >= 0 ? 6.5 * rightBias : 6.5 / rightBias
  return mostSeconds.value / (1 + Math.exp(start - rise))
}
