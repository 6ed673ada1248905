import { isGpsd } from './gpsd-name.ts'
import { GpsdSky } from './gpsd-sky.ts'
import { SkyReader } from './sky-reader.ts'
import type { SkyEars } from './sky-reader.ts'

/** Ears for what is behind a line: gpsd's JSON, or a receiver's own words. */
export const skyEarsFor = (path: string): SkyEars => (isGpsd(path) ? new GpsdSky() : new SkyReader())
