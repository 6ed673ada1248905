import type { Map as LibreMap } from 'maplibre-gl'
import { LABEL_HEIGHT_PX, LabelRoom, SignPlaces } from './label-places.ts'
import { unitSprites } from './map-images.ts'
import type { SpriteSheet } from './map-images.ts'
import type { Palette } from './map-style.ts'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { mercatorX, mercatorY } from './mercator.ts'
import { NameSheet, NAMES_MAX, NAME_WIDTH_PX } from './name-sheet.ts'
import { PointCells } from './point-cells.ts'
import { layerOf } from './unit-marks.ts'
import type { Mark } from './unit-marks.ts'
import { FLOATS, UnitPasses } from './unit-passes.ts'
import type { Instances } from './unit-passes.ts'

/*
 * Thousands of units on a canvas of their own over the map's. A glide of marks is two draw calls; on the map's canvas it
 * would be the whole city again, ten times a second. It draws in the map's own frame while the map moves, so that marks and
 * streets never part.
 */
const NAME_CHAR_PX = 9
/** A finger or a hurried mouse is this good. */
const PICK_PX = 18
/** Below this many metres per pixel a driving car moves visibly between two refreshes. */
const GLIDE_M_PER_PX = 5
/** A frame when the fastest mark in sight has come this far, and never more often than the eye asks for. */
const GLIDE_STEP_PX = 2
const GLIDE_FRAME_MS_MIN = 100
const GLIDE_FRAME_MS_MAX = 500
const OVERVIEW_M_PER_PX = 28
/** More marks in sight than this are a crowd. */
const CROWD = 600
/** Marks this far outside the screen still show an edge. */
const EDGE_PX = 20
/** `layerOf` of a unit that was sent somewhere. */
const AT_WORK = 2
/** `layerOf` of a unit that somebody looks at: its name stands whatever is under it. */
const LOOKED_AT = 3

export type UnitLayer = {
  /** What to draw from now on; `nameOf` is the text under a mark. */
  refresh(marks: readonly Mark[], nowMs: number, nameOf: (mark: Mark) => string): void
  repaint(palette: Palette): void
  /** The topmost unit at a point of the canvas, CSS pixels; null when there is none. */
  pick(xPx: number, yPx: number): string | null
  /** Units inside the last drawn frame. */
  drawn(): string[]
  /** How often and how long the page worked for this layer: for measurements. */
  readonly work: { refreshes: number; refreshMs: number; frames: number; frameMs: number }
  close(): void
}

/** Puts its canvas between the map's and what stands on the map; `onTrouble` hears of a lost graphics card and its return. */
export function openUnitLayer(
  map: LibreMap,
  palette: Palette,
  onTrouble: (lost: boolean) => void,
): UnitLayer {
  const canvas = document.createElement('canvas')
  canvas.className = 'unit-canvas'
  map.getCanvas().after(canvas)
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false })
  let passes = gl === null ? null : new UnitPasses(gl)
  let sheet: SpriteSheet = unitSprites(palette)
  let inks = inksOf(palette)
  let looks = looksOf(sheet)
  let marks: readonly Mark[] = []
  let nameOf: (mark: Mark) => string = mark => mark.callSign
  let refreshedMs = 0
  /** Made when somebody points at the map: most refreshes are never asked. */
  let cells: PointCells | null = null
  let origin = { x: 0, y: 0 }
  let scale = 1
  /** Page time until which a mark in sight is on its way. */
  let glidesUntilMs = 0
  let fastestPxPerMs = 0
  let gliding: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  const names = new NameSheet()
  const instances: Instances = { floats: new Float32Array(FLOATS * 256), count: 0, isNew: true }
  const nameInstances: Instances = { floats: new Float32Array(FLOATS * NAMES_MAX), count: 0, isNew: true }
  const work = { refreshes: 0, refreshMs: 0, frames: 0, frameMs: 0 }
  const calm = matchMedia('(prefers-reduced-motion: reduce)')

  const push = (mark: Mark, { cell, sizePx }: Sprite, turnRad: number, offsetPx: number): void => {
    const { floats } = instances
    const i = put(floats, instances.count++, mark, origin, refreshedMs)
    floats[i] = cell
    floats[i + 1] = sizePx
    floats[i + 2] = turnRad
    floats[i + 3] = offsetPx
  }

  const fill = (): void => {
    if (instances.floats.length < (marks.length * 3 + 64) * FLOATS)
      instances.floats = new Float32Array((marks.length * 3 + 256) * FLOATS)
    instances.count = 0
    instances.isNew = true
    const [chosen, panic] = [sheet.spriteOf('chosen'), sheet.spriteOf('panic')]
    for (const mark of marks) {
      const look = looks.get(mark.look)
      if (look === undefined) continue
      if (mark.chosen) push(mark, chosen, 0, 0)
      if (mark.look === 'emergency') push(mark, panic, 0, 0)
      if (mark.courseDeg !== null) push(mark, look.nose, (mark.courseDeg * Math.PI) / 180, 0)
      push(mark, mark.stale ? look.stale : look.body, 0, 0)
      if (mark.rank > 0) push(mark, sheet.spriteOf(`rank ${mark.rank}`), 0, 12)
    }
  }

  /** Names for those on the screen that have room; fewer where the city is full. */
  const placeNames = (): void => {
    const { clientWidth: widthPx, clientHeight: heightPx } = map.getContainer()
    const { left, top, size } = screenOf(map)
    const inSight: Mark[] = []
    glidesUntilMs = fastestPxPerMs = 0
    for (const mark of marks) {
      const x = mark.track.toX * size - left
      const y = mark.track.toY * size - top
      if (x < -EDGE_PX || y < -EDGE_PX || x > widthPx + EDGE_PX || y > heightPx + EDGE_PX) continue
      inSight.push(mark)
      const { fromX, fromY, toX, toY, startMs, endMs } = mark.track
      if (endMs <= startMs) continue
      glidesUntilMs = Math.max(glidesUntilMs, endMs)
      fastestPxPerMs = Math.max(
        fastestPxPerMs,
        ((Math.abs(toX - fromX) + Math.abs(toY - fromY)) * size) / (endMs - startMs),
      )
    }
    scale = scaleFor(inSight.length, widthPx * heightPx)
    // Over the whole city, and in a crowd, only those at work are called by their name.
    const isFull = metresPerPixelOf(map) > OVERVIEW_M_PER_PX || inSight.length > CROWD
    const layers = Uint8Array.from(inSight, layerOf)
    // In a crowd every name lies over somebody.
    const signs =
      inSight.length > CROWD
        ? null
        : new SignPlaces(
            Float64Array.from(inSight, mark => mark.track.toX * size - left),
            Float64Array.from(inSight, mark => mark.track.toY * size - top),
            layers,
            scale,
          )
    const room = new LabelRoom(widthPx, heightPx)
    const chosen: { readonly mark: Mark; readonly text: string }[] = []
    const offer = (n: number): void => {
      if (chosen.length >= NAMES_MAX) return
      const mark = inSight[n]!
      const text = nameOf(mark)
      const x = mark.track.toX * size - left
      const y = mark.track.toY * size - top + 16 * scale + LABEL_HEIGHT_PX / 2
      const namePx = Math.min(NAME_WIDTH_PX, text.length * NAME_CHAR_PX + 8)
      if (layers[n]! < LOOKED_AT && signs?.hides(n, x, y, namePx)) return
      if (room.take(x, y, namePx)) chosen.push({ mark, text })
    }
    // Those somebody looks at, then those shown before (no flicker), then the others, topmost first.
    const turns: readonly number[][] = [[], [], []]
    for (let n = inSight.length - 1; n >= 0; n -= 1) {
      if (isFull && layers[n]! < AT_WORK) continue
      turns[layers[n]! >= LOOKED_AT ? 0 : names.shown.has(inSight[n]!.id) ? 1 : 2]!.push(n)
    }
    for (const n of turns.flat()) offer(n)
    const { floats } = nameInstances
    nameInstances.count = 0
    nameInstances.isNew = true
    names.begin(chosen.map(({ mark }) => mark.id))
    for (const { mark, text } of chosen) {
      const cell = names.cellOf(mark.id, text, mark.stale ? inks.stale : inks.ink, inks.halo)
      if (cell === null) continue
      const i = put(floats, nameInstances.count++, mark, origin, refreshedMs)
      floats[i] = cell
      floats.fill(0, i + 1, i + 4)
    }
  }

  const glide = (): void => {
    clearTimeout(gliding)
    if (calm.matches || document.hidden || metresPerPixelOf(map) > GLIDE_M_PER_PX) return
    if (glidesUntilMs <= performance.now()) return
    const stepMs = Math.min(GLIDE_FRAME_MS_MAX, GLIDE_STEP_PX / fastestPxPerMs)
    gliding = setTimeout(
      () => {
        drawSoon()
        glide()
      },
      Math.max(GLIDE_FRAME_MS_MIN, stepMs),
    )
  }

  const drawSoon = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw)
  }

  const draw = (): void => {
    cancelAnimationFrame(frame)
    frame = 0
    if (passes === null) return
    const started = performance.now()
    sizeAs(canvas, map.getCanvas())
    const { clientWidth: widthPx, clientHeight: heightPx } = map.getContainer()
    const { left, top, size } = screenOf(map)
    const pixel = [2 / widthPx, -2 / heightPx] as const
    passes.draw(
      {
        view: [
          size * pixel[0],
          size * pixel[1],
          (origin.x * size - left) * pixel[0] - 1,
          (origin.y * size - top) * pixel[1] + 1,
        ],
        pixel,
        nowS: (started - refreshedMs) / 1000,
        scale,
      },
      instances,
      sheet,
      nameInstances,
      names,
    )
    work.frames += 1
    work.frameMs += performance.now() - started
  }

  const settle = (): void => {
    placeNames()
    drawSoon()
    glide()
  }
  const lose = (event: Event): void => {
    // Without this the card is never given back.
    event.preventDefault()
    passes = null
    onTrouble(true)
  }
  const regain = (): void => {
    passes = new UnitPasses(gl!)
    names.forget()
    instances.isNew = nameInstances.isNew = true
    drawSoon()
    onTrouble(false)
  }
  // Both canvases of one picture: whenever the map draws, the marks follow in the same frame.
  map.on('render', draw)
  map.on('moveend', settle)
  canvas.addEventListener('webglcontextlost', lose)
  canvas.addEventListener('webglcontextrestored', regain)
  document.addEventListener('visibilitychange', settle)
  if (gl === null) onTrouble(true)

  return {
    work,
    refresh(next, nowMs, name) {
      const started = performance.now()
      marks = next
      nameOf = name
      refreshedMs = nowMs
      origin = { x: marks[0]?.track.toX ?? 0, y: marks[0]?.track.toY ?? 0 }
      cells = null
      placeNames()
      fill()
      drawSoon()
      glide()
      work.refreshes += 1
      work.refreshMs += performance.now() - started
    },
    repaint(nextPalette) {
      sheet = unitSprites(nextPalette)
      looks = looksOf(sheet)
      inks = inksOf(nextPalette)
      names.forget()
      passes?.forgetSheet()
      placeNames()
      fill()
      drawSoon()
    },
    pick(xPx, yPx) {
      const { lng, lat } = map.unproject([xPx, yPx])
      const edge = map.unproject([xPx + PICK_PX * Math.max(0.6, scale), yPx])
      const [x, y] = [mercatorX(lng), mercatorY(lat)]
      let best: { readonly index: number; readonly score: number } | null = null
      cells ??= cellsOf(marks)
      cells.within(x, y, Math.abs(edge.lng - lng) / 360, (index, distance) => {
        const mark = marks[index]
        if (mark === undefined) return
        const score = distance / (1 + layerOf(mark))
        if (best === null || score < best.score) best = { index, score }
      })
      return best === null ? null : (marks[(best as { index: number }).index]?.id ?? null)
    },
    drawn() {
      if (passes === null || instances.isNew) return []
      const { clientWidth, clientHeight } = map.getContainer()
      const { left, top, size } = screenOf(map)
      return marks.flatMap(mark => {
        const [x, y] = [mark.track.toX * size - left, mark.track.toY * size - top]
        return x >= 0 && y >= 0 && x <= clientWidth && y <= clientHeight ? [mark.id] : []
      })
    },
    close() {
      clearTimeout(gliding)
      cancelAnimationFrame(frame)
      document.removeEventListener('visibilitychange', settle)
      map.off('render', draw)
      map.off('moveend', settle)
      canvas.remove()
    },
  }
}

function cellsOf(marks: readonly Mark[]): PointCells {
  const [xs, ys] = [new Float64Array(marks.length), new Float64Array(marks.length)]
  for (const [n, { track }] of marks.entries()) {
    xs[n] = track.toX
    ys[n] = track.toY
  }
  return new PointCells(xs, ys)
}

/** The same pixels and the same place on the page; setting a size clears a canvas, so only when it differs. */
function sizeAs(canvas: HTMLCanvasElement, { width, height, style }: HTMLCanvasElement): void {
  if (canvas.width === width && canvas.height === height) return
  canvas.width = width
  canvas.height = height
  canvas.style.width = style.width
  canvas.style.height = style.height
}

const inksOf = (palette: Palette): Readonly<Record<'ink' | 'stale' | 'halo', string>> => ({
  ink: palette('ink'),
  stale: palette('stale-ink'),
  halo: palette('halo-strong'),
})

const metresPerPixelOf = (map: LibreMap): number =>
  (78_271.517 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 2 ** map.getZoom()

/**
 * Where a mercator place is on the screen: `x * size - left`, `y * size - top` in pixels. The map is never turned or tilted,
 * so it is one scale and a shift.
 */
function screenOf(map: LibreMap): { readonly left: number; readonly top: number; readonly size: number } {
  const size = 512 * 2 ** map.getZoom()
  const centre = map.getCenter()
  const at = map.project(centre)
  return { left: mercatorX(centre.lng) * size - at.x, top: mercatorY(centre.lat) * size - at.y, size }
}

type Sprite = { readonly cell: number; readonly sizePx: number }
type Look = { readonly body: Sprite; readonly stale: Sprite; readonly nose: Sprite }

const looksOf = (sheet: SpriteSheet): ReadonlyMap<UnitLook, Look> =>
  new Map(
    UNIT_LOOKS.map(look => [
      look,
      {
        body: sheet.spriteOf(`body ${look}`),
        stale: sheet.spriteOf(`stale ${look}`),
        nose: sheet.spriteOf(`nose ${look}`),
      },
    ]),
  )

/** Full size while there is room for everybody, down to a bare dot of colour and shape where it is full. */
const ROOM_PX2 = 8_500
const scaleFor = (count: number, areaPx2: number): number =>
  Math.max(0.42, Math.min(1, Math.sqrt(areaPx2 / Math.max(1, count) / ROOM_PX2)))

/** Writes where and when; returns the index of what follows. */
function put(
  floats: Float32Array,
  at: number,
  { track }: Mark,
  origin: { readonly x: number; readonly y: number },
  nowMs: number,
): number {
  const i = at * FLOATS
  floats[i] = track.fromX - origin.x
  floats[i + 1] = track.fromY - origin.y
  floats[i + 2] = track.toX - origin.x
  floats[i + 3] = track.toY - origin.y
  floats[i + 4] = (track.startMs - nowMs) / 1000
  floats[i + 5] = (track.endMs - nowMs) / 1000
  return i + 6
}
