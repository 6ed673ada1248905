import type { Dial, Link, LinkEvents } from '#agent/uplink/uplink.ts'
import type { LinkState } from './tcp-proxy.ts'

/**
 * The link of a car that lives in the simulator, cut without a proxy of its own: `reset` ends the connection and refuses
 * every new one, `frozen` leaves it and lets no message through in either direction. What a freeze here cannot show: the
 * keep-alive of the connection goes on, so the gateway notices only when the car itself gives up.
 */
export type GatedDial = {
  readonly dial: Dial
  readonly state: () => LinkState
  readonly set: (state: LinkState) => void
}

/** Wraps a dial; one car, so at most one attempt at a time is alive. */
export function gateDial(dial: Dial): GatedDial {
  let state: LinkState = 'up'
  let current: { readonly close: (reason: string) => void; readonly thaw: () => void } | null = null

  const gated: Dial = events => {
    if (state === 'reset') {
      queueMicrotask(() => events.onClosed('the link is cut'))
      return () => {}
    }
    let over = false
    let waiting: Parameters<LinkEvents['onMessage']>[] = []
    let connected: Link | null = null
    const close = (reason: string): void => {
      if (over) return
      over = true
      waiting = []
      giveUp()
      events.onClosed(reason)
    }
    const announce = (link: Link): void => events.onConnected(frozenWhile(() => state === 'frozen', link))
    const giveUp = dial({
      onConnected: link => {
        if (over) return
        if (state === 'frozen') connected = link
        else announce(link)
      },
      onMessage: (channel, payload) => {
        if (over) return
        if (state !== 'frozen') events.onMessage(channel, payload)
        else if (waiting.length < WAITING_MAX) waiting.push([channel, payload])
      },
      onClosed: close,
    })
    const thaw = (): void => {
      if (connected) announce(connected)
      connected = null
      for (const [channel, payload] of waiting.splice(0)) if (!over) events.onMessage(channel, payload)
    }
    current = { close, thaw }
    return () => close('given up')
  }

  return {
    dial: gated,
    state: () => state,
    set: next => {
      state = next
      if (next === 'reset') current?.close('the link is cut')
      if (next === 'up') current?.thaw()
    },
  }
}

/** Messages that wait in a frozen wire; a real one would hold about as many bytes. */
const WAITING_MAX = 256

/** What is published into a frozen link is never confirmed; the car gives the link up by itself. */
const frozenWhile = (isFrozen: () => boolean, link: Link): Link => ({
  publish: (channel, payload, qos) =>
    isFrozen() ? new Promise(() => {}) : link.publish(channel, payload, qos),
  close: () => link.close(),
})
