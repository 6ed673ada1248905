import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareWorld } from '#sim/demo/world.ts'
import type { ClosureView } from '#protocols/closures.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import { eventually } from './running-house.ts'
import { startGateway } from './running-gateway.ts'
import type { GatewayProcess } from './running-gateway.ts'

describe('a closed road and a gateway that is killed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-closed-'))
  let gateway: GatewayProcess
  let place: { readonly lat: number; readonly lon: number }

  beforeAll(async () => {
    const world = await prepareWorld({ seed: 1, junctions: 400 }, join(dir, 'city'))
    if (!world.ok) throw new Error(world.detail)
    gateway = await startGateway(dir, world.value, openSync(join(dir, 'gateway.log'), 'a'))
    const graph = openGraph(readFileSync(world.value.files.roads))
    if (!graph.ok) throw new Error(graph.detail)
    const [lon, lat] = graph.value.edgeShape(Math.floor(graph.value.edgeCount / 2))[0]!
    place = { lat, lon }
  }, 90_000)
  afterAll(async () => {
    await gateway?.process.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const ask = async <T>(path: string, body?: object, key?: string): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${gateway.process.addresses['pages']}${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
        body: JSON.stringify(body),
      }),
    })
    return { status: answer.status, body: (await answer.json()) as T }
  }
  /** Stretches of road that can be driven from the place within five minutes, in one text. */
  const reached = (): Promise<string> =>
    eventually('an answer of the thread', async () => {
      const { status, body } = await ask<object>(`/v1/reach?lat=${place.lat}&lon=${place.lon}`)
      return status === 200 ? JSON.stringify(body) : undefined
    })

  it('is closed in the very next answer, closed after kill -9, and open once it is ended', async () => {
    const open = await reached()
    const where = { kind: 'road', ...place, radiusM: 600 }
    const made = await ask<ClosureView>('/v1/closures', { where, reason: '积水' }, 'flood-1')
    expect(made).toMatchObject({ status: 201, body: { state: 'in_force', reason: '积水' } })
    const closed = await reached()
    expect(closed).not.toBe(open)
    expect((await ask<ClosureView>('/v1/closures', { where, reason: '积水' }, 'flood-1')).body.id).toBe(
      made.body.id,
    )

    const { pid } = gateway.process
    gateway.process.kill()
    await eventually('another process', async () => gateway.process.pid !== pid || undefined)
    const listed = await eventually('the closures', async () => {
      const answer = await ask<{ closures: ClosureView[] }>('/v1/closures').catch(() => undefined)
      return answer?.status === 200 ? answer.body.closures : undefined
    })
    expect(listed).toMatchObject([{ id: made.body.id, state: 'in_force', edges: made.body.edges }])
    expect(await reached()).toBe(closed)

    const ended = await ask<ClosureView>(`/v1/closures/${made.body.id}/end`, { note: '已排水' })
    expect(ended).toMatchObject({ status: 200, body: { state: 'ended', endedBy: 'local', note: '已排水' } })
    expect(await reached()).toBe(open)
    const lines = (await ask<{ closures: ClosureView[] }>('/v1/closures')).body.closures
    console.info(
      `closed ${made.body.lengthM} m of ${made.body.roads.join()}: ${lines.length} in the list, reach back`,
    )
  }, 90_000)
})
