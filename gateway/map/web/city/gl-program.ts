/** Compiles a program of two shaders; a fault in one of ours is our own mistake and throws with the compiler's words. */
export function programOf(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind)
    if (shader === null) continue
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
    gl.deleteShader(shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`shader: ${gl.getProgramInfoLog(program) ?? ''}`)
  return program
}

/** Looks each uniform up once. */
export function uniformsOf<const Name extends string>(
  gl: WebGL2RenderingContext,
  program: WebGLProgram,
  names: readonly Name[],
): Readonly<Record<Name, WebGLUniformLocation | null>> {
  return Object.fromEntries(names.map(name => [name, gl.getUniformLocation(program, name)])) as Record<
    Name,
    WebGLUniformLocation | null
  >
}

/** The corners of a quad by `gl_VertexID` 0..3 of a strip, from -1 to 1. */
export const QUAD = 'vec2(float(gl_VertexID & 1) * 2.0 - 1.0, float(gl_VertexID >> 1) * 2.0 - 1.0)'
