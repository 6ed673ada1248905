import { randomBytes, randomInt } from 'node:crypto'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { readRecordPage } from './api/read-records.ts'
import { serveHttp } from './api/http-server.ts'
import { createStreamHub } from './api/stream.ts'
import type { Broker } from './broker/broker.ts'
import { openBroker } from './broker/open-broker.ts'
import { refusalAudit } from './broker/refusal-audit.ts'
import { createGridLookup } from './city/grid-lookup.ts'
import { standbyPlaces } from './city/map-surroundings.ts'
import { inTurns } from './city/steps.ts'
import { mintOf } from './city/surroundings.ts'
import { createCity } from './city.ts'
import { createClosureRoads } from './closures/closure-roads.ts'
import type { GatewayConfig } from './config.ts'
import { coverageDesk } from './coverage/coverage-desk.ts'
import { createRoadReach } from './dispatch/road-reach.ts'
import { openDesk } from './enrolment/desk.ts'
import { openEnrolmentListener } from './enrolment/https-listener.ts'
import { deviceViewsOf } from './intake/device-views.ts'
import { EtaBook } from './eta/eta-book.ts'
import { LearnedRoads } from './eta/lay-learned.ts'
import { gridsGeoJson } from './grids/grid-geojson.ts'
import { putBackDevices } from './identity/device-copy.ts'
import { beginCopyFile, readCopyFile } from './identity/device-copy-file.ts'
import { DEVICE_PREFIX, devicesOf } from './identity/devices.ts'
import { openOrderKey } from './identity/order-key.ts'
import { openSealKey } from './identity/seal-key.ts'
import { writeRevocationFile } from './identity/revocation-file.ts'
import { openAuthority } from './identity/x509-authority.ts'
import type { RetiredCertificate } from './identity/x509-authority.ts'
import type { LedgerOp } from './ledger/ledger.ts'
import { openLevelLedger } from './ledger/level-ledger.ts'
import { leaveWord, readAtStart } from './ledger/rot.ts'
import { withYieldingCompaction } from './ledger/yielding-compaction.ts'
import { retainNightly } from './retention/retain-nightly.ts'
import { startScrub } from './ledger/scrub.ts'
import { DAMAGED_KEY, underPrefix } from './ledger/ledger.ts'
import { openBaseMap, readLand } from './land-files.ts'
import { openLoop } from './loop/loop.ts'
import type { LoopParts } from './loop/loop.ts'
import { gaugesOf, observeChanges } from './metrics/observe.ts'
import { observedLedger } from './metrics/observed-ledger.ts'
import { openProcessHealth } from './metrics/process-health.ts'
import { openPrometheus } from './metrics/prometheus.ts'
import { refusalSteps } from './metrics/refusal-steps.ts'
import { tallied } from './metrics/tallies.ts'
import { livePicture } from './operator/live-picture.ts'
import { basisOf, usedProfiles } from './profiles/profile.ts'
import { profileTimes, roadsFor, sharedOf, sharedTimes } from './profiles/profile-times.ts'
import { readProfiles } from './profiles/profiles-file.ts'
import { RoadConditions } from './reach/road-conditions.ts'
import { RoadWeights } from './reach/weights.ts'
import { roadLines } from './roads/road-lines.ts'
import { roadsGeoJson } from './roads/roads-geojson.ts'
import { RoadSnap } from './roads/snap.ts'
import { systemClock } from './system-clock.ts'
import { watchCoverage } from './watched-coverage.ts'

const LOOPBACK = '127.0.0.1'
const OBSERVE_EVERY_MS = 2_000
/** What was learned counts in recommendations after so long at the latest. */
const LAY_EVERY_MS = 300_000
export const SOFTWARE = 'reach5/0.1.0'

export type Gateway = {
  readonly addresses: { readonly pages: string; readonly enrolment: string; readonly mqtt: string }
  close(): Promise<void>
}

/** The command centre, put together: identity, roads and grids, ledger, city, loop, broker, enrolment, pages. */
export async function composeGateway(config: GatewayConfig, log: Logger): Promise<Result<Gateway>> {
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  const addresses = await open(config, log, opened)
  if (addresses.ok) return ok({ addresses: addresses.value, close })
  // What was opened before the failure would keep the process alive and its ports taken.
  await close()
  return addresses
}

/** Opens part after part; each leaves in `opened` how to close it, in the order it was opened. */
async function open(
  config: GatewayConfig,
  log: Logger,
  opened: (() => Promise<void>)[],
): Promise<Result<Gateway['addresses']>> {
  const clock = systemClock()
  const { metrics, read: readTallies } = tallied(openPrometheus(), clock)
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

  const authority = await openAuthority(config.data, clock.now().utcMs)
  if (!authority.ok) return authority
  const orderKey = await openOrderKey(config.data)
  if (!orderKey.ok) return orderKey
  const seal = await openSealKey(config.data)
  if (!seal.ok) return seal
  const certificate = await authority.value.serverCertificate([LOOPBACK, 'localhost'], clock.now().utcMs)

  const writeRetired = async (retired: readonly RetiredCertificate[]): Promise<void> =>
    writeRevocationFile(config.data, await authority.value.revocationList(retired, clock.now().utcMs))

  const land = await readLand(config, log)
  if (!land.ok) return land
  const { graph, graphBytes, grids, surroundings } = land.value
  const profiles = await readProfiles(config.profiles)
  if (!profiles.ok) return fault(profiles.code, `--profiles ${profiles.detail}`)
  const { patrolling, responding, turnout } = usedProfiles(profiles.value)
  const driven = roadsFor(graph, responding)
  const times = sharedTimes(profileTimes(driven, responding))
  const gridLookup = createGridLookup(grids)
  const opening = await openBaseMap(config, log)
  if (!opening.ok) return opening
  const tiles = opening.value
  if (tiles !== null) opened.push(() => tiles.close())
  const weights = new RoadWeights(driven, times)
  const conditions = new RoadConditions()
  const snap = new RoadSnap(graph)
  const reach = createRoadReach(driven, weights, snap)
  conditions.tell(reach)
  const etas = new EtaBook({
    ...{ graph, snap },
    times: { patrol: profileTimes(graph, patrolling), response: times },
    basis: `${graph.hash.slice(0, 12)}/${basisOf([patrolling, responding])}`,
    utcOffsetMinutes: config.utcOffset,
  })
  const city = createCity({
    etas,
    mint: mintOf(hex),
    reach: { ...reach, turnout },
    roads: createClosureRoads(graph, snap, factors => conditions.put('closures', { by: 'drive', factors })),
    grids: gridLookup,
  })

  const store = await withYieldingCompaction(() => openLevelLedger(config.data, { log, mint: hex, clock }))
  if (!store.ok) return store
  opened.push(() => store.value.close())
  const ledger = observedLedger(store.value, clock, metrics)

  let ready = false
  let broker: Broker | undefined
  const hub = createStreamHub({
    clock,
    metrics,
    firstSeq: randomInt(2 ** 40),
    snapshot: () => {
      const now = clock.now()
      return {
        units: city.units(now),
        incidents: city.incidents(now),
        alarms: city.alarms(now),
        closures: city.closures(now),
        coverage: city.coverage(now),
      }
    },
  })
  let isStopped = false
  const loopParts: LoopParts = {
    clock,
    log,
    ledger,
    city,
    signOrder: order => orderKey.value.sign(order),
    broker: {
      publish: (deviceId, channel, payload) => broker?.publish(deviceId, channel, payload) ?? false,
      pause: () => broker?.pause(),
      resume: () => broker?.resume(),
    },
    onChanges: changes => {
      observeChanges(metrics, changes)
      hub.publish(changes)
    },
    onFatal: reason => {
      // What was asked of the ledger before it closed and answered behind it says nothing of its disk.
      if (isStopped) return
      log.error({ event: 'gateway.fatal', reason })
      void leaveWord(ledger, reason).finally(() => process.exit(1))
    },
  }
  const copy = await readCopyFile(config.data, ledger.ledgerId, log)
  const { putBack, loop } = await readAtStart(ledger, async () => ({
    putBack: await putBackDevices(ledger, copy),
    loop: await openLoop(loopParts),
  }))
  if (putBack.length > 0) {
    log.warn({ event: 'devices.put_back', devices: putBack })
    const detail = { devices: putBack }
    void loop.submit({ audit: { action: 'devices.put_back', actor: 'gateway', detail } })
  }

  opened.push(async () => {
    await loop.stop()
    isStopped = true
  })
  const stopScrub = startScrub({
    clock,
    log,
    ledger,
    // The next start repairs, reckons what is left, and asks the devices for the rest.
    onDamage: async damage => {
      log.error({ event: 'ledger.damaged', ...damage })
      const ops: LedgerOp[] = [{ type: 'put', key: DAMAGED_KEY, value: damage }]
      await loop.submit({ ops, audit: { action: 'ledger.damaged', actor: 'gateway', detail: damage } })
      process.exit(1)
    },
  })
  opened.push(() => Promise.resolve(stopScrub()))
  const stopRetention = retainNightly({ clock, log, ledger, loop, city, config })
  opened.push(() => Promise.resolve(stopRetention()))

  const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const coverage = watchCoverage({
    ...{ clock, inTurns: inTurns(clock, breathe), log, city, loop, turnout, settings: config },
    ...{ graph, graphBytes, grids, neighboursOf: gridLookup.neighboursOf },
    spotPrefix: `cold-${hex(2)}`,
    standby: standbyPlaces(surroundings),
    driving: { profile: responding, times: sharedOf(times) },
    snapIndex: snap.index,
  })
  opened.push(coverage.close)
  conditions.tell(coverage.thread)
  const learned = new LearnedRoads(conditions)
  let cancelLearned = (): void => {}
  const layAgain = (): void => {
    learned.lay(etas.layers('response', clock.now().utcMs))
    cancelLearned = clock.after(LAY_EVERY_MS, layAgain)
  }
  layAgain()
  opened.push(() => Promise.resolve(cancelLearned()))

  const addresses = { pages: '', enrolment: '', mqtt: '' }
  const deviceRows = await ledger.range(underPrefix(DEVICE_PREFIX))
  const copyFile = await beginCopyFile(config.data, ledger.ledgerId, devicesOf(deviceRows), log)
  const desk = openDesk({
    clock,
    log,
    authority: authority.value,
    orderKey: orderKey.value,
    sealKey: seal.value.sealKey,
    rows: [...deviceRows, ...(await ledger.range(underPrefix('code/')))],
    submit: async submission => {
      await copyFile.note(submission.ops ?? [])
      return loop.submit(submission)
    },
    mqttUrl: () => addresses.mqtt,
    enrolmentUrl: () => addresses.enrolment,
    drop: (deviceId, reason) => broker?.drop(deviceId, reason),
    onRetired: retired => void writeRetired(retired),
  })
  await writeRetired(desk.retired())
  await loop.submit({ events: desk.bindings() })

  const onRefused = refusalAudit(
    () => clock.now().monoMs,
    (actor, detail) => void loop.submit({ audit: { action: 'broker.refused', actor, detail } }),
  )
  const brokerParts = { clock, log, authority: authority.value, desk, certificate, onRefused }
  const listening = await openBroker(config, brokerParts, event => loop.fromBroker(event))
  if (!listening.ok) return listening
  broker = listening.value.broker
  opened.push(() => listening.value.broker.close())
  addresses.mqtt = config.mqttUrl || listening.value.url

  const enrolment = await openEnrolmentListener({
    host: LOOPBACK,
    port: config.enrolPort,
    certificate,
    desk,
    log,
  })
  if (!enrolment.ok) return fault(enrolment.code, `enrolment: ${enrolment.detail} (--enrol-port)`)
  opened.push(() => enrolment.value.close())
  addresses.enrolment = `https://${LOOPBACK}:${enrolment.value.port}`

  const health = await openProcessHealth(config.data, clock)
  opened.push(() => {
    health.close()
    return Promise.resolve()
  })
  const picture = livePicture({
    ...{ clock, desk, loop, city, health, readTallies },
    software: SOFTWARE,
    coverageAgeSeconds: coverage.ageSeconds,
  })

  const turns = inTurns(clock, breathe)
  const http = await serveHttp(
    {
      clock,
      log,
      metrics,
      hub,
      pagesDir: config.pages,
      views: city,
      recommend: (place, options) => turns(() => city.recommending(place, clock.now(), options)),
      submit: (command, actor) => loop.command(actor, command),
      readRecords: query => readRecordPage(ledger, query),
      devices: () => Promise.resolve(deviceViewsOf(desk.devices, loop.intake)),
      issueCode: (create, actor) => desk.issue(create, actor),
      unseal: (sealed, aad) => seal.value.unseal(sealed, aad),
      operator: {
        picture,
        codes: () => desk.codes(),
        withdrawCode: (id, actor) => desk.withdraw(id, actor),
        revoke: (deviceId, reason, actor) => desk.revoke(deviceId, reason, actor),
      },
      audit: (action, actor, detail) => loop.submit({ audit: { action, actor, detail } }),
      geo: {
        grids: gridsGeoJson(grids),
        roads: roadsGeoJson(graph),
        city: surroundings,
        roadLines: roadLines(weights),
      },
      tiles,
      coverage: coverageDesk(coverage.thread, city, clock, turnout),
      ready: () => ready,
    },
    config.pagesPort,
  )
  if (!http.ok) return fault(http.code, `${http.detail} (--pages-port)`)
  opened.push(() => http.value.close())
  addresses.pages = http.value.url

  metrics.gauges(() => gaugesOf(city, clock.now(), loop.stats().queued, loop.intake.counts, picture()))
  const refused = refusalSteps(metrics)
  let cancelObserve = (): void => {}
  const observe = (): void => {
    const { sessions, refusals } = listening.value.broker.stats()
    metrics.sessions(sessions)
    refused(Object.entries(refusals))
    cancelObserve = clock.after(OBSERVE_EVERY_MS, observe)
  }
  observe()
  ready = true

  opened.push(() => {
    ready = false
    cancelObserve()
    hub.close()
    return Promise.resolve()
  })
  return ok(addresses)
}
