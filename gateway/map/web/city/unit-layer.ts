import type { CustomLayerInterface, CustomRenderMethodInput, Map as LibreMap } from 'maplibre-gl'
import { LABEL_HEIGHT_PX, LabelRoom } from './label-places.ts'
import { programOf, QUAD, uniformsOf } from './gl-program.ts'
import { PIXEL_RATIO, drawLabel, SPRITE_PX, unitSprites } from './map-images.ts'
import type { SpriteSheet } from './map-images.ts'
import type { Palette } from './map-style.ts'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { matrixFrom, mercatorX, mercatorY } from './mercator.ts'
import { PointCells } from './point-cells.ts'
import { layerOf } from './unit-marks.ts'
import type { Mark } from './unit-marks.ts'

/*
 * Thousands of units in two draw calls, marks and names. A mark is one instance of ten floats:
 *
 *     fromX fromY toX toY   mercator, from the origin      startS endS   seconds since the last refresh
 *     cell sizePx turnRad                                  rightPx       offset of a badge, right and up
 *
 * The shader moves it between its two fixes; the page only writes the buffer when the units change.
 */
const FLOATS = 10
const VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_pixel;
uniform float u_now;
uniform float u_scale;
uniform vec3 u_sheet;
layout(location = 0) in vec4 a_line;
layout(location = 1) in vec2 a_time;
layout(location = 2) in vec4 a_sprite;
out vec2 v_uv;
void main() {
  float span = a_time.y - a_time.x;
  float t = span <= 0.0 ? 1.0 : clamp((u_now - a_time.x) / span, 0.0, 1.0);
  vec2 corner = ${QUAD};
  float turn = a_sprite.z;
  mat2 rotate = mat2(cos(turn), sin(turn), -sin(turn), cos(turn));
  float half_px = a_sprite.y * 0.5;
  vec2 px = rotate * (corner * half_px) + vec2(a_sprite.w, -a_sprite.w);
  vec4 at = u_matrix * vec4(mix(a_line.xy, a_line.zw, t), 0.0, 1.0);
  gl_Position = vec4(at.xy + px * u_scale * u_pixel * at.w, 0.0, at.w);
  vec2 cell = vec2(mod(a_sprite.x, u_sheet.x), floor(a_sprite.x / u_sheet.x));
  v_uv = (cell + 0.5 + corner * half_px / u_sheet.z) / u_sheet.xy;
}`
/** Names: the same, but rectangles below their mark out of a sheet of names. */
const NAME_VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_pixel;
uniform float u_now;
uniform float u_scale;
uniform vec4 u_sheet;
layout(location = 0) in vec4 a_line;
layout(location = 1) in vec2 a_time;
layout(location = 2) in vec4 a_sprite;
out vec2 v_uv;
void main() {
  float span = a_time.y - a_time.x;
  float t = span <= 0.0 ? 1.0 : clamp((u_now - a_time.x) / span, 0.0, 1.0);
  vec2 corner = ${QUAD};
  vec2 px = corner * u_sheet.zw * 0.5 + vec2(0.0, 16.0 * u_scale + u_sheet.w * 0.5);
  vec4 at = u_matrix * vec4(mix(a_line.xy, a_line.zw, t), 0.0, 1.0);
  gl_Position = vec4(at.xy + px * u_pixel * at.w, 0.0, at.w);
  vec2 cell = vec2(mod(a_sprite.x, u_sheet.x), floor(a_sprite.x / u_sheet.x));
  v_uv = (cell + 0.5 + corner * 0.5) / u_sheet.xy;
}`
const FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D u_image;
in vec2 v_uv;
out vec4 colour;
void main() {
  colour = texture(u_image, v_uv);
}`
const UNIFORMS = ['u_matrix', 'u_pixel', 'u_now', 'u_scale', 'u_sheet', 'u_image'] as const

/** The sheet of names: as many as can be read at once. */
const NAME_COLUMNS = 8
const NAME_ROWS = 32
const NAME_WIDTH_PX = 120
const NAME_CHAR_PX = 9
const NAMES_MAX = NAME_COLUMNS * NAME_ROWS

/** A finger or a hurried mouse is this good. */
const PICK_PX = 18
/** Below this many metres per pixel a driving car moves visibly between two refreshes. */
const GLIDE_M_PER_PX = 5
const GLIDE_FRAME_MS = 100
const OVERVIEW_M_PER_PX = 28
/** More marks in sight than this are a crowd. */
const CROWD = 600
/** `layerOf` of a unit that was sent somewhere. */
const AT_WORK = 2

export type UnitLayer = CustomLayerInterface & {
  /** What to draw from now on; `nameOf` is the text under a mark. */
  refresh(marks: readonly Mark[], nowMs: number, nameOf: (mark: Mark) => string): void
  repaint(palette: Palette): void
  /** The topmost unit at a point of the canvas, CSS pixels; null when there is none. */
  pick(xPx: number, yPx: number): string | null
  /** Units inside the last drawn frame. */
  drawn(): string[]
  /** How often and how long the page worked for this layer: for measurements. */
  readonly work: { refreshes: number; refreshMs: number; frames: number; frameMs: number }
}

export function unitLayer(palette: Palette): UnitLayer {
  let map: LibreMap | null = null
  let gl: WebGL2RenderingContext | null = null
  let sheet: SpriteSheet = unitSprites(palette)
  let inks = { ink: palette('ink'), stale: palette('stale-ink'), halo: palette('halo-strong') }
  let marks: readonly Mark[] = []
  let refreshedMs = 0
  let cells = new PointCells(new Float64Array(0), new Float64Array(0))
  let origin = { x: 0, y: 0 }
  let floats = new Float32Array(FLOATS * 256)
  let instances = 0
  let looks = looksOf(sheet)
  const nameFloats = new Float32Array(FLOATS * NAMES_MAX)
  let nameCount = 0
  let nameOf: (mark: Mark) => string = mark => mark.callSign
  let gl_: GlParts | null = null
  let scale = 1
  let gliding: ReturnType<typeof setTimeout> | undefined
  let framesMissing = true
  const names = new NameSheet()
  const work = { refreshes: 0, refreshMs: 0, frames: 0, frameMs: 0 }
  const calm = matchMedia('(prefers-reduced-motion: reduce)')

  const push = (
    mark: Mark,
    at: number,
    cell: number,
    sizePx: number,
    turnRad: number,
    offsetPx: number,
  ): void => {
    const i = put(floats, at, mark, origin, refreshedMs)
    floats[i] = cell
    floats[i + 1] = sizePx
    floats[i + 2] = turnRad
    floats[i + 3] = offsetPx
  }

  const fill = (): void => {
    let count = 0
    if (floats.length < (marks.length * 3 + 64) * FLOATS)
      floats = new Float32Array((marks.length * 3 + 256) * FLOATS)
    const [chosen, panic] = [sheet.spriteOf('chosen'), sheet.spriteOf('panic')]
    for (const mark of marks) {
      const look = looks.get(mark.look)
      if (look === undefined) continue
      if (mark.chosen) push(mark, count++, chosen.cell, chosen.sizePx, 0, 0)
      if (mark.look === 'emergency') push(mark, count++, panic.cell, panic.sizePx, 0, 0)
      if (mark.courseDeg !== null)
        push(mark, count++, look.nose.cell, look.nose.sizePx, (mark.courseDeg * Math.PI) / 180, 0)
      const body = mark.stale ? look.stale : look.body
      push(mark, count++, body.cell, body.sizePx, 0, 0)
      if (mark.rank > 0) {
        const rank = sheet.spriteOf(`rank ${mark.rank}`)
        push(mark, count++, rank.cell, rank.sizePx, 0, 12)
      }
    }
    instances = count
  }

  /** Names for those on the screen that have room; fewer where the city is full. */
  const placeNames = (): void => {
    if (map === null) return
    const { clientWidth: widthPx, clientHeight: heightPx } = map.getContainer()
    const { left, top, size } = screenOf(map)
    const inSight: Mark[] = []
    for (const mark of marks) {
      const [x, y] = [mark.track.toX * size - left, mark.track.toY * size - top]
      if (x > 0 && y > -20 && x < widthPx && y < heightPx) inSight.push(mark)
    }
    scale = scaleFor(inSight.length, widthPx * heightPx)
    // Over the whole city, and in a crowd, only those at work are called by their name.
    const isFull = metresPerPixelOf(map) > OVERVIEW_M_PER_PX || inSight.length > CROWD
    const named = isFull ? inSight.filter(mark => layerOf(mark) >= AT_WORK) : inSight
    const room = new LabelRoom(widthPx, heightPx)
    const chosen: { readonly mark: Mark; readonly text: string }[] = []
    const offer = (mark: Mark): void => {
      if (chosen.length >= NAMES_MAX) return
      const text = nameOf(mark)
      const y = mark.track.toY * size - top + 16 * scale + LABEL_HEIGHT_PX / 2
      const namePx = Math.min(NAME_WIDTH_PX, text.length * NAME_CHAR_PX + 8)
      if (room.take(mark.track.toX * size - left, y, namePx)) chosen.push({ mark, text })
    }
    // Those somebody looks at, then those shown before (no flicker), then the others, topmost first.
    const rank = (mark: Mark): number => (layerOf(mark) >= 3 ? 0 : names.shown.has(mark.id) ? 1 : 2)
    for (let turn = 0; turn < 3; turn += 1)
      for (let n = named.length - 1; n >= 0; n -= 1) if (rank(named[n]!) === turn) offer(named[n]!)
    nameCount = 0
    names.begin(chosen.map(({ mark }) => mark.id))
    for (const { mark, text } of chosen) {
      const cell = names.cellOf(mark.id, text, mark.stale ? inks.stale : inks.ink, inks.halo)
      if (cell === null) continue
      const i = put(nameFloats, nameCount, mark, origin, refreshedMs)
      nameFloats[i] = cell
      nameFloats.fill(0, i + 1, i + 4)
      nameCount += 1
    }
    if (gl_ !== null) gl_.namesOld = true
  }

  const glide = (): void => {
    clearTimeout(gliding)
    if (map === null || calm.matches || document.hidden) return
    const now = performance.now()
    if (metresPerPixelOf(map) > GLIDE_M_PER_PX || !marks.some(mark => mark.track.endMs > now)) return
    gliding = setTimeout(() => {
      map?.triggerRepaint()
      glide()
    }, GLIDE_FRAME_MS)
  }

  return {
    id: 'units',
    type: 'custom',
    renderingMode: '2d',
    work,
    onAdd(at, context) {
      map = at
      gl = context
      gl_ = glParts(gl)
      map.on('moveend', placeNames)
    },
    onRemove() {
      map?.off('moveend', placeNames)
      clearTimeout(gliding)
      map = gl = gl_ = null
    },
    refresh(next, nowMs, name) {
      const started = performance.now()
      marks = next
      nameOf = name
      refreshedMs = nowMs
      origin = { x: marks[0]?.track.toX ?? 0, y: marks[0]?.track.toY ?? 0 }
      cells = new PointCells(
        Float64Array.from(marks, mark => mark.track.toX),
        Float64Array.from(marks, mark => mark.track.toY),
      )
      placeNames()
      fill()
      framesMissing = true
      map?.triggerRepaint()
      glide()
      work.refreshes += 1
      work.refreshMs += performance.now() - started
    },
    repaint(nextPalette) {
      sheet = unitSprites(nextPalette)
      looks = looksOf(sheet)
      inks = { ink: nextPalette('ink'), stale: nextPalette('stale-ink'), halo: nextPalette('halo-strong') }
      names.forget()
      if (gl_ !== null) gl_.sheetOld = true
      placeNames()
      fill()
      framesMissing = true
      map?.triggerRepaint()
    },
    pick(xPx, yPx) {
      if (map === null) return null
      const { lng, lat } = map.unproject([xPx, yPx])
      const edge = map.unproject([xPx + PICK_PX * Math.max(0.6, scale), yPx])
      const [x, y] = [mercatorX(lng), mercatorY(lat)]
      let best: { readonly index: number; readonly score: number } | null = null
      cells.within(x, y, Math.abs(edge.lng - lng) / 360, (index, distance) => {
        const mark = marks[index]
        if (mark === undefined) return
        const score = distance / (1 + layerOf(mark))
        if (best === null || score < best.score) best = { index, score }
      })
      return best === null ? null : (marks[(best as { index: number }).index]?.id ?? null)
    },
    drawn() {
      if (map === null || framesMissing) return []
      const { clientWidth, clientHeight } = map.getContainer()
      const { left, top, size } = screenOf(map)
      return marks.flatMap(mark => {
        const [x, y] = [mark.track.toX * size - left, mark.track.toY * size - top]
        return x >= 0 && y >= 0 && x <= clientWidth && y <= clientHeight ? [mark.id] : []
      })
    },
    render(context, input: CustomRenderMethodInput) {
      if (gl === null || gl_ === null || map === null || context !== gl) return
      const started = performance.now()
      const matrix = matrixFrom(input.defaultProjectionData.mainMatrix, origin.x, origin.y)
      const { clientWidth, clientHeight } = map.getContainer()
      const pixel = [2 / clientWidth, -2 / clientHeight] as const
      const now = (performance.now() - refreshedMs) / 1000
      upload(gl, gl_, sheet, names)
      gl.activeTexture(gl.TEXTURE0)
      drawPass(gl, gl_.marks, floats, instances, framesMissing, () => {
        gl!.bindTexture(gl!.TEXTURE_2D, gl_!.sheet)
        const u = gl_!.marks.uniforms
        gl!.uniformMatrix4fv(u.u_matrix, false, matrix)
        gl!.uniform2f(u.u_pixel, ...pixel)
        gl!.uniform1f(u.u_now, now)
        gl!.uniform1f(u.u_scale, scale)
        gl!.uniform3f(u.u_sheet, sheet.columns, sheet.rows, SPRITE_PX)
        gl!.uniform1i(u.u_image, 0)
      })
      drawPass(gl, gl_.names, nameFloats, nameCount, gl_.namesOld, () => {
        gl!.bindTexture(gl!.TEXTURE_2D, gl_!.nameSheet)
        const u = gl_!.names.uniforms
        gl!.uniformMatrix4fv(u.u_matrix, false, matrix)
        gl!.uniform2f(u.u_pixel, ...pixel)
        gl!.uniform1f(u.u_now, now)
        gl!.uniform1f(u.u_scale, scale)
        gl!.uniform4f(u.u_sheet, NAME_COLUMNS, NAME_ROWS, NAME_WIDTH_PX, LABEL_HEIGHT_PX + 2)
        gl!.uniform1i(u.u_image, 0)
      })
      gl_.namesOld = false
      framesMissing = false
      work.frames += 1
      work.frameMs += performance.now() - started
    },
  }
}

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

type Pass = {
  readonly program: WebGLProgram
  readonly uniforms: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>
  readonly array: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
}
type GlParts = {
  readonly marks: Pass
  readonly names: Pass
  readonly sheet: WebGLTexture
  readonly nameSheet: WebGLTexture
  sheetOld: boolean
  namesOld: boolean
}

function glParts(gl: WebGL2RenderingContext): GlParts {
  const texture = (): WebGLTexture => {
    const made = gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, made)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
    return made
  }
  const parts = {
    marks: passOf(gl, VERTEX),
    names: passOf(gl, NAME_VERTEX),
    sheet: texture(),
    nameSheet: texture(),
    sheetOld: true,
    namesOld: true,
  }
  gl.texImage2D(
    gl.TEXTURE_2D,
    0,
    gl.RGBA,
    NAME_COLUMNS * NAME_WIDTH_PX * PIXEL_RATIO,
    NAME_ROWS * (LABEL_HEIGHT_PX + 2) * PIXEL_RATIO,
    0,
    gl.RGBA,
    gl.UNSIGNED_BYTE,
    null,
  )
  return parts
}

function passOf(gl: WebGL2RenderingContext, vertex: string): Pass {
  const program = programOf(gl, vertex, FRAGMENT)
  const array = gl.createVertexArray()
  const buffer = gl.createBuffer()
  gl.bindVertexArray(array)
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  for (const [location, size, offset] of [
    [0, 4, 0],
    [1, 2, 16],
    [2, 4, 24],
  ] as const) {
    gl.enableVertexAttribArray(location)
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, FLOATS * 4, offset)
    gl.vertexAttribDivisor(location, 1)
  }
  gl.bindVertexArray(null)
  return { program, array, buffer, uniforms: uniformsOf(gl, program, UNIFORMS) }
}

function drawPass(
  gl: WebGL2RenderingContext,
  pass: Pass,
  floats: Float32Array,
  count: number,
  isNew: boolean,
  prepare: () => void,
): void {
  if (count === 0) return
  gl.useProgram(pass.program)
  gl.bindVertexArray(pass.array)
  if (isNew) {
    gl.bindBuffer(gl.ARRAY_BUFFER, pass.buffer)
    gl.bufferData(gl.ARRAY_BUFFER, floats.subarray(0, count * FLOATS), gl.DYNAMIC_DRAW)
  }
  prepare()
  gl.disable(gl.DEPTH_TEST)
  gl.disable(gl.STENCIL_TEST)
  gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count)
  gl.bindVertexArray(null)
}

function upload(gl: WebGL2RenderingContext, parts: GlParts, sheet: SpriteSheet, names: NameSheet): void {
  if (!parts.sheetOld && !names.hasNews()) return
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
  if (parts.sheetOld) {
    gl.bindTexture(gl.TEXTURE_2D, parts.sheet)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, sheet.canvas)
    parts.sheetOld = false
  }
  gl.bindTexture(gl.TEXTURE_2D, parts.nameSheet)
  names.deliver((cell, canvas) => {
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      (cell % NAME_COLUMNS) * canvas.width,
      Math.floor(cell / NAME_COLUMNS) * canvas.height,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      canvas,
    )
  })
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false)
}

/** Which name stands in which cell of the sheet; the longest unused give way. */
class NameSheet {
  private readonly cells = new Map<
    string,
    { readonly cell: number; text: string; ink: string; halo: string }
  >()
  private readonly fresh = new Set<string>()
  private wanted = new Set<string>()
  private readonly free = Array.from({ length: NAMES_MAX }, (_, n) => NAMES_MAX - 1 - n)
  private readonly pen: CanvasRenderingContext2D | null

  constructor() {
    const canvas = document.createElement('canvas')
    canvas.width = NAME_WIDTH_PX * PIXEL_RATIO
    canvas.height = (LABEL_HEIGHT_PX + 2) * PIXEL_RATIO
    this.pen = canvas.getContext('2d', { willReadFrequently: true })
  }

  get shown(): ReadonlySet<string> {
    return this.wanted
  }

  begin(keys: readonly string[]): void {
    this.wanted = new Set(keys)
    for (const [key, { cell }] of this.cells)
      if (!this.wanted.has(key)) {
        this.cells.delete(key)
        this.fresh.delete(key)
        this.free.push(cell)
      }
  }

  /** The cell of a name, drawn again only when its words or colour changed. */
  cellOf(key: string, text: string, ink: string, halo: string): number | null {
    const known = this.cells.get(key)
    if (known !== undefined && known.text === text && known.ink === ink && known.halo === halo)
      return known.cell
    const cell = known?.cell ?? this.free.pop()
    if (cell === undefined) return null
    this.cells.set(key, { cell, text, ink, halo })
    this.fresh.add(key)
    return cell
  }

  hasNews(): boolean {
    return this.fresh.size > 0
  }

  forget(): void {
    for (const key of this.cells.keys()) this.fresh.add(key)
  }

  deliver(take: (cell: number, canvas: HTMLCanvasElement) => void): void {
    for (const key of this.fresh) {
      const one = this.cells.get(key)
      if (one === undefined || this.pen === null) continue
      drawLabel(this.pen, one.text, one.ink, one.halo)
      take(one.cell, this.pen.canvas)
    }
    this.fresh.clear()
  }
}
