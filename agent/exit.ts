/**
 * How the agent's process ends, for whoever supervises it: told to stop, could not start, the car is off and its power may
 * be taken, the ignition came back meanwhile and it wants to be started again. 2 is wrong use, as of every verb.
 */
export const EXIT = { stopped: 0, failed: 1, off: 3, restart: 4 } as const
