/** How many turns are taken before Node itself has one: messages between threads want to be heard too. */
const TURNS_MAX = 20_000
let turns = 0

/**
 * Lets everything happen that waits for nothing but its turn: promises that are settled already, and what follows from them.
 * The production code awaits; between two events of the simulated world all of that has to be over, or a run would depend
 * on the order in which Node finds the time. Asked for in an async function, `nextTick` comes when no promise is left, and
 * costs a fifth of a round of Node's loop. The one place of the ordeal that asks Node for anything.
 */
export function settled(): Promise<void> {
  if (++turns < TURNS_MAX) return new Promise(inNextTick)
  turns = 0
  return new Promise(afterNode)
}

const inNextTick = (resolve: () => void): void => process.nextTick(resolve)
const afterNode = (resolve: () => void): void => void setImmediate(resolve)
