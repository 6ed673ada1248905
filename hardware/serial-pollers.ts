/*
 * The serial library waits for a descriptor with a native poller made at every open. Its `destroy` gives up the handle on
 * the native object before that object could be deleted, so object, callback and libuv handle stay for ever: half a KiB
 * for every line that was ever open. Deleting it later is no way out: libuv would then take the descriptor of that number
 * out of epoll, and by then it belongs to another line.
 *
 * A poller knows nothing of its line but the number of its descriptor, and numbers come again. So one is kept per number
 * and used again by the next line that gets it; the kernel has handed it out, so nobody else has it.
 */
type Poller = { emitCanceled(): void; destroy(): void }
export type PollerModule = { Poller: new (descriptor: number) => Poller }

/** Makes every later open of the library use what was made before; `pollers` is its module, which looks there each time. */
export function reusePollers(pollers: PollerModule): void {
  const Made = pollers.Poller
  const kept = new Map<number, Poller>()
  pollers.Poller = class {
    constructor(descriptor: number) {
      const poller = kept.get(descriptor) ?? keepable(new Made(descriptor))
      kept.set(descriptor, poller)
      return poller
    }
  } as PollerModule['Poller']
}

/** Called when its line is closed, after `stop`: who still waits hears of it, and the poller stays. */
function keepable(poller: Poller): Poller {
  poller.destroy = () => poller.emitCanceled()
  return poller
}
