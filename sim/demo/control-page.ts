import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { serveLocally } from '#agent/pages/local-server.ts'
import type { LocalRoute, LocalServer } from '#agent/pages/local-server.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { act, CITY } from '../control/actions.ts'
import { Feed } from '../control/feed.ts'
import type { CityControls, UnitControls } from '../control/knobs.ts'
import type { SimUnitDetail, SimView } from '../control/sim-view.ts'
import { offersOf, unitOf, unitsOf } from '../control/view.ts'
import { newWatch, noticed } from '../control/watch.ts'
import type { Watch } from '../control/watch.ts'
import type { Child } from './child.ts'
import { openGatewayEyes } from './gateway-eyes.ts'
import type { GatewayEyes } from './gateway-eyes.ts'
import type { House } from './house.ts'
import { roadsAround } from './roads-around.ts'
import { removeRunning, writeRunning } from './running-file.ts'

/** How long after something was done to a unit it is still looked at once a second. */
const WATCHED_MS = 180_000
const LOOK_EVERY_MS = 1_000
/** Units looked at in that way at once; the one longest untouched leaves. */
const WATCHED_MAX = 16
const FEED_SHOWN = 60
const DEFAULT_PORT = 5115

const Do = z.strictObject({
  action: z.string().max(40),
  unit: z.string().max(64),
  value: z.string().max(64).default(''),
})

/**
 * The simulator's page and what stands behind `reach5 sim do`: hands on every car, and eyes on what happens after. Also
 * writes where it listens into the data directory, so that the command line finds it.
 */
export async function openControlPage(
  house: House,
  parts: { readonly gateway: Child; readonly createIncident: CityControls['incident'] },
): Promise<Result<LocalServer>> {
  const { book, clock, pace, closers, flags, urls } = house
  const { gateway } = parts
  const feed = new Feed()
  const eyes = openGatewayEyes(urls.pages)
  const watched = new Map<string, { readonly watch: Watch; untilMs: number }>()
  const city: CityControls = {
    gateway: {
      read: () => (gateway.isCut ? 'off' : 'on'),
      turn: to => ok(to === 'off' ? gateway.cut() : gateway.restore()),
    },
    killGateway: () => gateway.kill(),
    speed: { read: pace.factor, turn: to => ok(pace.setFactor(to)) },
    incident: parts.createIncident,
  }

  const callSignOf = (unit: string): string => book.byId(unit)?.callSign ?? ''
  const tell = (kind: 'did' | 'saw', unit: string, what: string, value = '', detail = {}): void =>
    feed.add({ utcMs: clock.now().utcMs, unit, callSign: callSignOf(unit), kind, what, value, detail })

  /** From before something is done to it, so that the first thing that follows is seen as a change. */
  const watchUnit = async (unit: string): Promise<void> => {
    const controls = book.byId(unit)
    if (!controls) return
    const known = watched.get(unit)
    const watch = known?.watch ?? newWatch()
    if (!known) {
      const believed = gatewayAnswers ? await eyes.unit(unit) : null
      noticed(watch, { view: controls.view(), believed }, clock.now().monoMs)
    }
    watched.delete(unit)
    watched.set(unit, { watch, untilMs: clock.now().monoMs + WATCHED_MS })
    if (watched.size > WATCHED_MAX) watched.delete([...watched.keys()][0]!)
  }

  let gatewayAnswers = true
  let stopped = false
  let cancel = (): void => {}
  const look = async (): Promise<void> => {
    const answers = await eyes.answers()
    if (answers !== gatewayAnswers) tell('saw', CITY, 'gateway', answers ? 'on' : 'off')
    gatewayAnswers = answers
    for (const [unit, { watch, untilMs }] of [...watched]) {
      const controls = book.byId(unit)
      const { monoMs } = clock.now()
      if (!controls || (untilMs < monoMs && !unitOf(unit, controls).meddled)) {
        watched.delete(unit)
        continue
      }
      const believed = answers ? await eyes.unit(unit) : null
      for (const seen of noticed(watch, { view: controls.view(), believed }, monoMs))
        tell('saw', unit, seen.what, seen.value, seen.detail)
    }
    if (!stopped) cancel = clock.after(LOOK_EVERY_MS, () => void look())
  }
  void look()

  const viewOf = async (unit: string | null): Promise<SimView> => {
    const controls = unit === null ? undefined : book.byId(unit)
    return {
      city: {
        speed: pace.factor(),
        gateway: city.gateway.read(),
        answers: gatewayAnswers,
        map: urls.pages,
        operator: `${urls.pages}/operator/`,
      },
      units: unitsOf(book),
      chosen: controls ? await detailOf(unit!, controls, gatewayAnswers ? eyes : null) : null,
      feed: feed.newest(FEED_SHOWN),
    }
  }

  const routes: readonly LocalRoute[] = [
    {
      method: 'GET',
      path: '/v1/state',
      answer: async ({ query }) => ok({ value: await viewOf((query as { unit?: string }).unit ?? null) }),
    },
    {
      method: 'GET',
      path: '/v1/roads',
      answer: ({ query }) => {
        const truth = book.byId((query as { unit?: string }).unit ?? '')?.truth?.()
        return truth ? ok({ value: roadsAround(house.world.map, truth) }) : fault('NOT_FOUND', 'no such unit')
      },
    },
    {
      method: 'POST',
      path: '/v1/do',
      answer: async ({ body }) => {
        const asked = Do.safeParse(body)
        if (!asked.success) return fault('BODY_INVALID', asked.error.issues[0]?.message ?? '')
        const { action, unit, value } = asked.data
        await watchUnit(unit)
        const done = await act({ book, city, after: (ms, run) => clock.after(ms, run) }, asked.data)
        if (!done.ok) return done
        tell('did', unit, action, value)
        return ok({ value: { did: done.value, action, unit, value } })
      },
    },
  ]
  const serveAt = (port: number) =>
    serveLocally({ name: 'simulator page', port, pagesDir: pagesDir(), routes })
  let served = await serveAt(flags['sim-port'])
  // Two demos on one machine: the page is a visitor's tool and may be anywhere; the greeting and sim.json say where.
  if (!served.ok && flags['sim-port'] === DEFAULT_PORT) served = await serveAt(0)
  if (!served.ok) return served
  writeRunning(flags.data, { url: served.value.url, pid: process.pid })
  closers.add('houses', async () => {
    stopped = true
    cancel()
    removeRunning(flags.data)
    await served.value.close()
  })
  return served
}

async function detailOf(
  unit: string,
  controls: UnitControls,
  eyes: GatewayEyes | null,
): Promise<SimUnitDetail> {
  const [believed, device, alarms] = await Promise.all([
    eyes?.unit(unit) ?? null,
    eyes?.device(controls.deviceId) ?? null,
    eyes?.alarmsOf(controls.deviceId) ?? [],
  ])
  return {
    ...unitOf(unit, controls),
    deviceId: controls.deviceId,
    page: controls.page?.() ?? '',
    diskHow: controls.disk?.how ?? null,
    offers: offersOf(controls),
    truth: controls.truth?.() ?? null,
    view: controls.view(),
    believed,
    device,
    alarms,
  }
}

/** `dist/pages/sim`, from the bundle and from a checkout. */
function pagesDir(): string {
  const here = fileURLToPath(new URL('.', import.meta.url))
  return import.meta.url.endsWith('.ts') ? join(here, '../../dist/pages/sim') : join(here, 'pages/sim')
}
