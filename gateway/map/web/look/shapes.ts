import type { CoverageColour } from '#protocols/coverage.ts'
import type { UnitLook } from './unit-look.ts'

/** Outlines in a 24 x 24 box, drawn by the map (canvas) and by the lists (SVG), so that a shape always means the same. */
export const SHAPES: Readonly<Record<UnitLook, string>> = {
  available: 'M12 1.2a10.8 10.8 0 1 1 0 21.6a10.8 10.8 0 0 1 0-21.6z',
  dispatched:
    'M10.8.9a1.7 1.7 0 0 1 2.4 0l9.9 9.9a1.7 1.7 0 0 1 0 2.4l-9.9 9.9a1.7 1.7 0 0 1-2.4 0l-9.9-9.9a1.7 1.7 0 0 1 0-2.4z',
  enroute:
    'M7 1.8h10a1.5 1.5 0 0 1 1.3.75l4.9 8.7a1.5 1.5 0 0 1 0 1.5l-4.9 8.7a1.5 1.5 0 0 1-1.3.75H7a1.5 1.5 0 0 1-1.3-.75L.8 12.75a1.5 1.5 0 0 1 0-1.5l4.9-8.7A1.5 1.5 0 0 1 7 1.8z',
  on_scene: 'M4 2h16a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z',
  busy: 'M11.1.9a1.5 1.5 0 0 1 1.8 0l9.6 7a1.5 1.5 0 0 1 .55 1.7l-3.7 11.3a1.5 1.5 0 0 1-1.4 1H6.05a1.5 1.5 0 0 1-1.4-1L.95 9.6A1.5 1.5 0 0 1 1.5 7.9z',
  out: 'M5 6h14a5 5 0 0 1 5 5v2a5 5 0 0 1-5 5H5a5 5 0 0 1-5-5v-2a5 5 0 0 1 5-5z',
  emergency: 'M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9z',
}

/** Points north; the map turns it to the course of the car. */
export const NOSE = 'M12 0l5.5 8.5h-11z'

/** Badges of the four colours and of what is unknown: square, diamond, hexagon, disc, dashed box. */
export const COLOUR_SHAPES: Readonly<Record<CoverageColour, string>> = {
  black: 'M3 2h18a1 1 0 0 1 1 1v18a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1z',
  red: SHAPES.dispatched,
  blue: SHAPES.enroute,
  green: SHAPES.available,
  unknown: SHAPES.out,
}
