import { expect, it } from 'vitest'
import { reusePollers } from './serial-pollers.ts'

it('makes one poller for each number of a descriptor, however often a line is opened', () => {
  const made: number[] = []
  let [canceled, destroyed] = [0, 0]
  const library = {
    Poller: class {
      constructor(descriptor: number) {
        made.push(descriptor)
      }
      emitCanceled(): void {
        canceled += 1
      }
      destroy(): void {
        destroyed += 1
      }
    },
  }
  reusePollers(library)
  const first = new library.Poller(21)
  first.destroy()
  const other = new library.Poller(22)
  for (let opens = 0; opens < 100; opens += 1) {
    const again = new library.Poller(21)
    expect(again).toBe(first)
    again.destroy()
  }
  expect(other).not.toBe(first)
  expect({ made, canceled, destroyed }).toEqual({ made: [21, 22], canceled: 101, destroyed: 0 })
})
