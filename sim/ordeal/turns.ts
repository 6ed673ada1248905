/**
 * Lets everything happen that waits for nothing but its turn: promises that are settled already, and what follows from them.
 * The production code awaits; between two events of the simulated world all of that has to be over, or a run would depend
 * on the order in which Node finds the time. The one place of the ordeal that asks Node for anything.
 */
export const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
