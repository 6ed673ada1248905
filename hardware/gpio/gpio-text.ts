/*
 * What the programs of gpiod print.
 *
 *   gpioget gpiochip0 17 27                          0 1               1.x
 *   gpioget --numeric -c gpiochip0 17 27             0 1               2.x
 *   gpiomon -b -F '%e %o' gpiochip0 17 27            1 17              1.x: 1 rising, 0 falling
 *   gpiomon -F '%e %o' -c gpiochip0 17 27            2 17              2.x: 1 rising, 2 falling
 */

export type GpioEdge = { readonly offset: number; readonly high: boolean }

/** `1 17`: line 17 became high; undefined for what is no edge. */
export function readEdge(line: string): GpioEdge | undefined {
  const match = /^\s*([012])\s+(\d{1,4})\s*$/.exec(line)
  return match ? { offset: Number(match[2]), high: match[1] === '1' } : undefined
}

/** `0 1` of two lines; undefined when it is not so many. */
export function readLevels(text: string, count: number): readonly boolean[] | undefined {
  const words = text.trim().split(/\s+/)
  return words.length === count && words.every(word => word === '0' || word === '1')
    ? words.map(word => word === '1')
    : undefined
}

/** `gpiomon (libgpiod) v1.6.3` is 1; what we do not understand is taken for 2, the newer. */
export const majorOf = (version: string): 1 | 2 => (/\bv1\./.test(version) ? 1 : 2)

/** How each of them wants to be asked. */
export const gpiogetArgs = (major: 1 | 2, chip: string, offsets: readonly number[]): readonly string[] =>
  major === 1 ? [chip, ...offsets.map(String)] : ['--numeric', '-c', chip, ...offsets.map(String)]
export const gpiomonArgs = (major: 1 | 2, chip: string, offsets: readonly number[]): readonly string[] =>
  major === 1
    ? ['-b', '-F', '%e %o', chip, ...offsets.map(String)]
    : ['-F', '%e %o', '-c', chip, ...offsets.map(String)]
