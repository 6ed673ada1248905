import type { CustomLayerInterface, Map as LibreMap } from 'maplibre-gl'
import { programOf, QUAD, uniformsOf } from './gl-program.ts'
import type { Palette } from './map-style.ts'
import { matrixFrom } from './mercator.ts'
import { PIECE_BYTES, piecesOf } from './road-lines.ts'
import type { Pieces, RoadLines, RoadTimes } from './road-lines.ts'

/*
 * Every road in the colour of the time somebody needs to be there. The times at both ends of an edge and its drive times
 * both ways stand in textures; the shader works out the time at every pixel, so a colour changes where 60, 180 or 300
 * seconds really end, in the middle of a road if that is where it is.
 */
const TEXTURE_WIDTH = 2048
/** Below this zoom a pixel is longer than a bend: edges are drawn from end to end. */
const STRAIGHT_BELOW_ZOOM = 12.2

const VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_size;
uniform float u_widths[16];
layout(location = 0) in vec4 a_line;
layout(location = 1) in uint a_edge;
layout(location = 2) in vec2 a_along;
flat out uint v_edge;
flat out float v_half;
out float v_along;
out vec2 v_px;
void main() {
  vec2 corner = ${QUAD};
  vec4 a = u_matrix * vec4(a_line.xy, 0.0, 1.0);
  vec4 b = u_matrix * vec4(a_line.zw, 0.0, 1.0);
  vec2 from = a.xy / a.w * u_size;
  vec2 to = b.xy / b.w * u_size;
  float len = length(to - from);
  vec2 dir = len > 0.0 ? (to - from) / len : vec2(1.0, 0.0);
  float width_px = u_widths[a_edge & 15u];
  v_half = width_px * 0.5;
  // A little longer than the piece, so that bends close; half a pixel wider, for a smooth edge.
  float over = min(v_half, 3.0);
  bool at_end = corner.x > 0.0;
  vec2 px = (at_end ? to + dir * over : from - dir * over) + vec2(-dir.y, dir.x) * corner.y * (v_half + 0.7);
  gl_Position = vec4(px / u_size, 0.0, 1.0);
  v_edge = a_edge >> 4;
  v_along = at_end ? a_along.y : a_along.x;
  v_px = vec2(at_end ? len + over : -over, corner.y * (v_half + 0.7));
}`

const FRAGMENT = `#version 300 es
precision highp float;
precision highp usampler2D;
uniform usampler2D u_times;
uniform usampler2D u_drives;
uniform uint u_edges;
uniform int u_by_count;
uniform float u_fade;
uniform vec4 u_colours[5];
flat in uint v_edge;
flat in float v_half;
in float v_along;
in vec2 v_px;
out vec4 colour;
ivec2 texel(uint n) {
  return ivec2(int(n & ${TEXTURE_WIDTH - 1}u), int(n >> 11));
}
float endSeconds(uint n) {
  uint steps = texelFetch(u_times, texel(n), 0).r;
  return steps == 255u ? 1e6 : float(steps) * 2.0;
}
float driveSeconds(uint ds, float part) {
  return ds == 65535u ? 1e6 : float(ds) * 0.1 * part;
}
void main() {
  uint count = texelFetch(u_times, texel(v_edge + 2u * u_edges), 0).r;
  uvec2 drive = texelFetch(u_drives, texel(v_edge), 0).rg;
  float seconds = min(
    endSeconds(v_edge) + driveSeconds(drive.x, v_along),
    endSeconds(v_edge + u_edges) + driveSeconds(drive.y, 1.0 - v_along));
  int step_ = u_by_count == 1
    ? (count >= 3u ? 0 : count == 2u ? 1 : count == 1u ? 2 : 3)
    : (seconds <= 60.0 ? 0 : seconds <= 180.0 ? 1 : seconds <= 300.0 ? 2 : 3);
  if (count == 255u) step_ = 4;
  vec4 c = u_colours[step_];
  float alpha = clamp(v_half + 0.5 - abs(v_px.y), 0.0, 1.0) * min(1.0, v_half * 2.0) * u_fade;
  // Out of reach is dashed and unknown is dotted: colour is not the only cue.
  if (step_ == 3) alpha *= mod(v_px.x, 11.0) < 7.5 ? 1.0 : 0.35;
  if (step_ == 4) alpha *= mod(v_px.x, 6.0) < 3.0 ? 0.9 : 0.15;
  colour = vec4(c.rgb * alpha, alpha);
}`

const UNIFORMS = [
  'u_matrix',
  'u_size',
  'u_widths',
  'u_times',
  'u_drives',
  'u_edges',
  'u_by_count',
  'u_fade',
  'u_colours',
] as const

/** Width in pixels by road class and zoom: wider roads matter more, and none vanishes. */
const CLASS_WEIGHT = [2.2, 2, 1.7, 1.5, 1.15, 0.9, 0.85, 0.8, 0.7, 1.3, 1.3, 1.2, 1.1, 1]
function widthsAt(zoom: number): Float32Array {
  const base = 0.55 * 1.42 ** (zoom - 9)
  return Float32Array.from({ length: 16 }, (_, n) =>
    Math.max(0.7, Math.min(16, base * (CLASS_WEIGHT[n] ?? 1))),
  )
}

export type CoverageMode = 'time' | 'count'

export type CoverageLayer = CustomLayerInterface & {
  setLines(lines: RoadLines | null): void
  setTimes(times: RoadTimes | null): void
  setMode(mode: CoverageMode): void
  repaint(palette: Palette): void
  /** Tick of the times on the screen: for tests. */
  shownTick(): number | null
}

export function coverageLayer(palette: Palette): CoverageLayer {
  let map: LibreMap | null = null
  let gl: WebGL2RenderingContext | null = null
  let parts: Parts | null = null
  let lines: RoadLines | null = null
  let times: RoadTimes | null = null
  let mode: CoverageMode = 'time'
  let colours = coloursOf(palette)
  let linesOld = false
  let timesOld = false
  let shown: number | null = null
  return {
    id: 'coverage-roads',
    type: 'custom',
    renderingMode: '2d',
    onAdd(at, context) {
      map = at
      gl = context
      parts = partsOf(gl)
      linesOld = timesOld = true
    },
    onRemove() {
      map = gl = parts = null
    },
    setLines(next) {
      lines = next
      linesOld = true
      map?.triggerRepaint()
    },
    setTimes(next) {
      times = next
      timesOld = true
      if (next === null) shown = null
      map?.triggerRepaint()
    },
    setMode(next) {
      mode = next
      map?.triggerRepaint()
    },
    repaint(nextPalette) {
      colours = coloursOf(nextPalette)
      map?.triggerRepaint()
    },
    shownTick: () => shown,
    render(_context, input) {
      if (gl === null || parts === null || map === null || lines === null || times === null) return
      if (times.edges !== lines.edges) return
      if (linesOld) putLines(gl, parts, lines)
      if (linesOld || timesOld) putTimes(gl, parts, times)
      linesOld = timesOld = false
      const zoom = map.getZoom()
      const set = zoom < STRAIGHT_BELOW_ZOOM ? parts.straight : parts.bent
      if (set === null) return
      const { clientWidth, clientHeight } = map.getContainer()
      gl.useProgram(parts.program)
      const u = parts.uniforms
      gl.uniformMatrix4fv(
        u.u_matrix,
        false,
        matrixFrom(input.defaultProjectionData.mainMatrix, set.pieces.origin.x, set.pieces.origin.y),
      )
      gl.uniform2f(u.u_size, clientWidth / 2, clientHeight / 2)
      gl.uniform1fv(u.u_widths, widthsAt(zoom))
      gl.uniform1ui(u.u_edges, lines.edges)
      gl.uniform1i(u.u_by_count, mode === 'count' ? 1 : 0)
      gl.uniform1f(u.u_fade, 1)
      gl.uniform4fv(u.u_colours, colours)
      gl.uniform1i(u.u_times, 0)
      gl.uniform1i(u.u_drives, 1)
      gl.activeTexture(gl.TEXTURE1)
      gl.bindTexture(gl.TEXTURE_2D, parts.drives)
      gl.activeTexture(gl.TEXTURE0)
      gl.bindTexture(gl.TEXTURE_2D, parts.times)
      gl.disable(gl.DEPTH_TEST)
      gl.disable(gl.STENCIL_TEST)
      gl.bindVertexArray(set.array)
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, set.pieces.count)
      gl.bindVertexArray(null)
      shown = times.tick
    },
  }
}

type PieceSet = {
  readonly array: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
  readonly pieces: Pieces
}
type Parts = {
  readonly program: WebGLProgram
  readonly uniforms: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>
  readonly times: WebGLTexture
  readonly drives: WebGLTexture
  straight: PieceSet | null
  bent: PieceSet | null
}

function partsOf(gl: WebGL2RenderingContext): Parts {
  const program = programOf(gl, VERTEX, FRAGMENT)
  return {
    program,
    uniforms: uniformsOf(gl, program, UNIFORMS),
    times: texelTexture(gl),
    drives: texelTexture(gl),
    straight: null,
    bent: null,
  }
}

/** A texture that is read texel by texel: a table, not a picture. */
function texelTexture(gl: WebGL2RenderingContext): WebGLTexture {
  const texture = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, texture)
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST)
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE)
  return texture
}

function putLines(gl: WebGL2RenderingContext, parts: Parts, lines: RoadLines): void {
  for (const old of [parts.straight, parts.bent])
    if (old !== null) {
      gl.deleteVertexArray(old.array)
      gl.deleteBuffer(old.buffer)
    }
  parts.straight = pieceSet(gl, piecesOf(lines, true))
  parts.bent = pieceSet(gl, piecesOf(lines, false))
  const rows = Math.max(1, Math.ceil(lines.edges / TEXTURE_WIDTH))
  const drives = new Uint16Array(rows * TEXTURE_WIDTH * 2)
  for (let edge = 0; edge < lines.edges; edge += 1) {
    drives[2 * edge] = lines.forwardDs[edge]!
    drives[2 * edge + 1] = lines.backwardDs[edge]!
  }
  gl.bindTexture(gl.TEXTURE_2D, parts.drives)
  unpackPlain(gl)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16UI, TEXTURE_WIDTH, rows, 0, gl.RG_INTEGER, gl.UNSIGNED_SHORT, drives)
}

function putTimes(gl: WebGL2RenderingContext, parts: Parts, { planes }: RoadTimes): void {
  const rows = Math.max(1, Math.ceil(planes.length / TEXTURE_WIDTH))
  const padded = new Uint8Array(rows * TEXTURE_WIDTH)
  padded.set(planes)
  gl.bindTexture(gl.TEXTURE_2D, parts.times)
  unpackPlain(gl)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, TEXTURE_WIDTH, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, padded)
}

function unpackPlain(gl: WebGL2RenderingContext): void {
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false)
}

function pieceSet(gl: WebGL2RenderingContext, pieces: Pieces): PieceSet {
  const array = gl.createVertexArray()
  const buffer = gl.createBuffer()
  gl.bindVertexArray(array)
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  gl.bufferData(gl.ARRAY_BUFFER, pieces.bytes, gl.STATIC_DRAW)
  gl.enableVertexAttribArray(0)
  gl.vertexAttribPointer(0, 4, gl.FLOAT, false, PIECE_BYTES, 0)
  gl.enableVertexAttribArray(1)
  gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_INT, PIECE_BYTES, 16)
  gl.enableVertexAttribArray(2)
  gl.vertexAttribPointer(2, 2, gl.UNSIGNED_SHORT, true, PIECE_BYTES, 20)
  for (const location of [0, 1, 2]) gl.vertexAttribDivisor(location, 1)
  gl.bindVertexArray(null)
  return { array, buffer, pieces }
}

export const COVERAGE_STEPS = ['reach-60', 'reach-180', 'reach-300', 'reach-beyond', 'reach-unknown'] as const

/** `#rrggbb` of the style sheet, as the shader takes it. */
function coloursOf(palette: Palette): Float32Array {
  const colours = new Float32Array(COVERAGE_STEPS.length * 4)
  for (const [n, name] of COVERAGE_STEPS.entries()) {
    const hex = Number.parseInt(palette(name).slice(1), 16)
    colours.set([(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255, 1], n * 4)
  }
  return colours
}
