import { programOf, QUAD, uniformsOf } from './gl-program.ts'
import { PIXEL_RATIO, SPRITE_PX } from './map-images.ts'
import type { SpriteSheet } from './map-images.ts'
import { NAME_COLUMNS, NAME_HEIGHT_PX, NAME_ROWS, NAME_WIDTH_PX } from './name-sheet.ts'
import type { NameSheet } from './name-sheet.ts'

/*
 * Marks and names in two draw calls. A mark is one instance of ten floats:
 *
 *     fromX fromY toX toY   mercator, from the origin      startS endS   seconds since the last refresh
 *     cell sizePx turnRad                                  rightPx       offset of a badge, right and up
 *
 * The shader moves it between its two fixes; the page writes the buffer only when the units change.
 */
export const FLOATS = 10
const PLACE = `
uniform vec4 u_view;
uniform vec2 u_pixel;
uniform float u_now;
uniform float u_scale;
layout(location = 0) in vec4 a_line;
layout(location = 1) in vec2 a_time;
layout(location = 2) in vec4 a_sprite;
out vec2 v_uv;
vec2 place() {
  float span = a_time.y - a_time.x;
  float t = span <= 0.0 ? 1.0 : clamp((u_now - a_time.x) / span, 0.0, 1.0);
  return mix(a_line.xy, a_line.zw, t) * u_view.xy + u_view.zw;
}`
const VERTEX = `#version 300 es
uniform vec3 u_sheet;
${PLACE}
void main() {
  vec2 corner = ${QUAD};
  float turn = a_sprite.z;
  mat2 rotate = mat2(cos(turn), sin(turn), -sin(turn), cos(turn));
  float half_px = a_sprite.y * 0.5;
  vec2 px = rotate * (corner * half_px) + vec2(a_sprite.w, -a_sprite.w);
  gl_Position = vec4(place() + px * u_scale * u_pixel, 0.0, 1.0);
  vec2 cell = vec2(mod(a_sprite.x, u_sheet.x), floor(a_sprite.x / u_sheet.x));
  v_uv = (cell + 0.5 + corner * half_px / u_sheet.z) / u_sheet.xy;
}`
/** Names: the same, but rectangles below their mark out of a sheet of names. */
const NAME_VERTEX = `#version 300 es
uniform vec4 u_sheet;
${PLACE}
void main() {
  vec2 corner = ${QUAD};
  vec2 px = corner * u_sheet.zw * 0.5 + vec2(0.0, 16.0 * u_scale + u_sheet.w * 0.5);
  gl_Position = vec4(place() + px * u_pixel, 0.0, 1.0);
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
const UNIFORMS = ['u_view', 'u_pixel', 'u_now', 'u_scale', 'u_sheet', 'u_image'] as const

type Pass = {
  readonly program: WebGLProgram
  readonly uniforms: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>
  readonly array: WebGLVertexArrayObject
  readonly buffer: WebGLBuffer
}

/** Instances to draw; `isNew` until they are on the card. */
export type Instances = { floats: Float32Array; count: number; isNew: boolean }

/** The same for all instances of one frame. */
export type FrameView = {
  /** Clip space of an offset from the origin: scale x and y, shift x and y. */
  readonly view: readonly [number, number, number, number]
  /** Clip space of a CSS pixel. */
  readonly pixel: readonly [number, number]
  readonly nowS: number
  readonly scale: number
}

/** Everything of the units that lives on the graphics card. */
export class UnitPasses {
  private readonly gl: WebGL2RenderingContext
  private readonly marks: Pass
  private readonly names: Pass
  private readonly sheet: WebGLTexture
  private readonly nameSheet: WebGLTexture
  private sheetOld = true

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl
    this.marks = passOf(gl, VERTEX)
    this.names = passOf(gl, NAME_VERTEX)
    this.sheet = textureOf(gl)
    this.nameSheet = textureOf(gl)
    const [width, height] = [NAME_COLUMNS * NAME_WIDTH_PX, NAME_ROWS * NAME_HEIGHT_PX]
    const kind = [gl.RGBA, gl.UNSIGNED_BYTE] as const
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width * PIXEL_RATIO, height * PIXEL_RATIO, 0, ...kind, null)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  }

  /** The sprites have other colours now. */
  forgetSheet(): void {
    this.sheetOld = true
  }

  draw(
    frame: FrameView,
    marks: Instances,
    sheet: SpriteSheet,
    nameInstances: Instances,
    names: NameSheet,
  ): void {
    const { gl } = this
    this.upload(sheet, names)
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight)
    gl.clear(gl.COLOR_BUFFER_BIT)
    this.pass(this.marks, this.sheet, marks, frame, u =>
      gl.uniform3f(u, sheet.columns, sheet.rows, SPRITE_PX),
    )
    this.pass(this.names, this.nameSheet, nameInstances, frame, u =>
      gl.uniform4f(u, NAME_COLUMNS, NAME_ROWS, NAME_WIDTH_PX, NAME_HEIGHT_PX),
    )
  }

  private pass(
    pass: Pass,
    sheet: WebGLTexture,
    instances: Instances,
    frame: FrameView,
    putSheet: (at: WebGLUniformLocation | null) => void,
  ): void {
    const { gl } = this
    const u = pass.uniforms
    if (instances.count === 0) return
    gl.useProgram(pass.program)
    gl.bindVertexArray(pass.array)
    if (instances.isNew) {
      gl.bindBuffer(gl.ARRAY_BUFFER, pass.buffer)
      gl.bufferData(gl.ARRAY_BUFFER, instances.floats.subarray(0, instances.count * FLOATS), gl.DYNAMIC_DRAW)
      instances.isNew = false
    }
    gl.bindTexture(gl.TEXTURE_2D, sheet)
    gl.uniform4f(u.u_view, ...frame.view)
    gl.uniform2f(u.u_pixel, ...frame.pixel)
    gl.uniform1f(u.u_now, frame.nowS)
    gl.uniform1f(u.u_scale, frame.scale)
    putSheet(u.u_sheet)
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, instances.count)
  }

  private upload(sheet: SpriteSheet, names: NameSheet): void {
    if (!this.sheetOld && !names.hasNews()) return
    const { gl } = this
    const kind = [gl.RGBA, gl.UNSIGNED_BYTE] as const
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
    if (this.sheetOld) {
      gl.bindTexture(gl.TEXTURE_2D, this.sheet)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, ...kind, sheet.canvas)
      this.sheetOld = false
    }
    gl.bindTexture(gl.TEXTURE_2D, this.nameSheet)
    names.deliver((cell, canvas) => {
      const [column, row] = [cell % NAME_COLUMNS, Math.floor(cell / NAME_COLUMNS)]
      gl.texSubImage2D(gl.TEXTURE_2D, 0, column * canvas.width, row * canvas.height, ...kind, canvas)
    })
  }
}

function textureOf(gl: WebGL2RenderingContext): WebGLTexture {
  const made = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, made)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
  return made
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
  return { program, array, buffer, uniforms: uniformsOf(gl, program, UNIFORMS) }
}
