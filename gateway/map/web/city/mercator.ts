/** Web Mercator as the map counts it: the world is 1 wide, x grows east, y grows south. */
export const mercatorX = (lon: number): number => (lon + 180) / 360
export const mercatorY = (lat: number): number =>
  (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2

export const EARTH_M = 40_075_016.686
/** Length of a metre on the map at a latitude given as mercator y. */
export const metresToMercator = (metres: number, y: number): number =>
  (metres / EARTH_M) * Math.cosh((1 - 2 * y) * Math.PI)

/**
 * The 4 x 4 column matrix that takes offsets from (x, y) to the screen, in single precision. A graphics card counts in
 * single precision too, where the whole world is good to 2 m only; from an origin in the city it is good to a millimetre.
 */
export function matrixFrom(matrix: ArrayLike<number>, x: number, y: number): Float32Array {
  const moved = Float32Array.from({ length: 16 }, (_, n) => matrix[n] ?? 0)
  for (let row = 0; row < 4; row += 1)
    moved[12 + row] = (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y + (matrix[12 + row] ?? 0)
  return moved
}
