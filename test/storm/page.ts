import WebSocket from 'ws'
import type { StreamMessage } from '#protocols/api.ts'
import { monotonicMs, wordOfLat } from './fleet-words.ts'

/** A dispatcher's page at the stream, with a note of what it saw when. */
export type Page = {
  /** Of each unit: the words seen and when, newest last. */
  readonly seen: ReadonlyMap<string, readonly { readonly word: number; readonly atMs: number }[]>
  /** When each incident came by. */
  readonly incidents: ReadonlyMap<string, number>
  readonly messages: () => number
  /** No longer reads, and says nothing about it. */
  freeze(): void
  close(): void
}

export async function openPage(pages: string, wish = ''): Promise<Page> {
  const socket = new WebSocket(`${pages.replace('http', 'ws')}/v1/stream${wish}`)
  const seen = new Map<string, { word: number; atMs: number }[]>()
  const incidents = new Map<string, number>()
  let messages = 0
  const see = (id: string, lat: number, atMs: number): void => {
    const word = wordOfLat(lat)
    const words = seen.get(id) ?? []
    seen.set(id, words)
    if (word > (words.at(-1)?.word ?? 0)) words.push({ word, atMs })
  }
  socket.on('error', () => {})
  socket.on('message', data => {
    const atMs = monotonicMs()
    const message = JSON.parse(String(data)) as StreamMessage
    messages += 1
    switch (message.type) {
      case 'unit.changed':
        if (message.data.position !== null) see(message.data.id, message.data.position.lat, atMs)
        return
      case 'units.moved':
        message.data.ids.forEach((id, i) => see(id, message.data.lat[i]!, atMs))
        return
      case 'incident.changed':
        if (!incidents.has(message.data.id)) incidents.set(message.data.id, atMs)
        return
      default:
        return
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  return {
    ...{ seen, incidents },
    messages: () => messages,
    freeze: () => socket.pause(),
    close: () => socket.terminate(),
  }
}

/** Milliseconds from each word sent in the span to the moment the page had it or a newer one; what never came is Infinity. */
export function delaysOf(
  page: Page,
  sentMs: readonly (readonly number[])[],
  unitIds: readonly string[],
  span: { readonly fromMs: number; readonly toMs: number },
): number[] {
  const delays: number[] = []
  sentMs.forEach((moments, i) => {
    const seen = page.seen.get(unitIds[i]!) ?? []
    let at = 0
    moments.forEach((ms, n) => {
      if (ms < span.fromMs || ms >= span.toMs) return
      while (at < seen.length && seen[at]!.word < n + 1) at += 1
      delays.push(at < seen.length ? Math.max(0, seen[at]!.atMs - ms) : Infinity)
    })
  })
  return delays
}
