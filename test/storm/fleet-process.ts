import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { backoffMs } from '#agent/uplink/backoff.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { QUIET_LIVE } from '#test/fixtures/quiet-live.ts'
import { HOME, latOfWord, monotonicMs } from './fleet-words.ts'
import type { FromFleet, ToFleet } from './fleet-words.ts'
import { dialThin } from './thin-device.ts'
import type { ThinDevice } from './thin-device.ts'

/*
 * Thousands of devices in one process of their own (`fleet.ts` starts it). Told to dial, all dial in the same moment; one that
 * is turned away waits as an agent waits. Connected, each says hello, its live slot at once, and again all the time.
 */
/** As `mqttDial` does. */
const GIVE_UP_MS = 10_000
const EPOCH = 'ffeeddccbbaa9988'
const BOOT = '00112233445566aa'

type Device = {
  readonly deviceId: string
  readonly secureContext: ReturnType<typeof createSecureContext>
  readonly sentMs: number[]
  link: ThinDevice | null
  attempt: number
  liveSeq: number
  again: NodeJS.Timeout | undefined
}

const [file = ''] = process.argv.slice(2)
const identities = JSON.parse(readFileSync(file, 'utf8')) as readonly DeviceIdentity[]
const devices = identities.map(({ deviceId, privateKey, certificate }): Device => ({
  ...{ deviceId, sentMs: [], link: null, attempt: 0, liveSeq: 0, again: undefined },
  secureContext: createSecureContext({ key: privateKey, cert: certificate, minVersion: 'TLSv1.3' }),
}))
const tell = (words: FromFleet): void => void process.send!(words)
let [port, everyMs, connected, connects, failedDials, lifeNumber] = [0, 4_000, 0, 0, 0, 0]

function dial(device: Device, life: number): void {
  if (life !== lifeNumber) return
  let isUp = false
  const link = dialThin(
    { deviceId: device.deviceId, port, secureContext: device.secureContext, giveUpMs: GIVE_UP_MS },
    {
      connected: () => {
        isUp = true
        connected += 1
        connects += 1
        device.attempt = 0
        device.link = link
        link.publish('hello', hello())
        speak(device)
      },
      closed: () => {
        if (isUp) {
          connected -= 1
          device.link = null
          clearTimeout(device.again)
        } else failedDials += 1
        if (life === lifeNumber)
          setTimeout(() => dial(device, life), backoffMs(device.attempt++, Math.random()))
        else if (connected === 0) tell({ type: 'lost' })
      },
    },
  )
}

function speak(device: Device): void {
  if (device.link === null) return
  device.sentMs.push(monotonicMs())
  device.link.publish('live', live(device))
  device.again = setTimeout(() => speak(device), everyMs * (0.9 + 0.2 * Math.random()))
}

process.on('message', (told: ToFleet) => {
  switch (told.type) {
    case 'dial':
      port = told.port
      lifeNumber += 1
      for (const device of devices) dial(device, lifeNumber)
      return
    case 'hold':
      lifeNumber += 1
      return
    case 'speak':
      everyMs = told.everyMs
      for (const device of devices) {
        clearTimeout(device.again)
        device.again = setTimeout(() => speak(device), everyMs * Math.random())
      }
      return
    case 'report':
      tell({ type: 'report', sentMs: devices.map(device => device.sentMs), connects, failedDials })
      return
  }
})
process.on('disconnect', () => process.exit(0))
tell({ type: 'ready' })

function hello(): string {
  const none = { first: 1, last: 0 }
  return JSON.stringify({
    v: 1,
    epoch: EPOCH,
    bootId: BOOT,
    bootCount: 1,
    lanes: { alarm: none, event: none, track: none, diag: none },
    store: 'ok',
    software: 'reach5/storm',
    announcedMs: 20_000,
  })
}

function live(device: Device): string {
  return JSON.stringify({
    ...QUIET_LIVE,
    v: 1,
    epoch: EPOCH,
    bootId: BOOT,
    bootCount: 1,
    liveSeq: ++device.liveSeq,
    sentMonoMs: Math.round(monotonicMs()),
    sentAt: Date.now(),
    clockQuality: 'ntp',
    window: '0'.repeat(32),
    position: {
      eventId: `${device.deviceId}/${EPOCH}/track/${device.liveSeq}`,
      ageMs: 50,
      lat: latOfWord(device.sentMs.length),
      lon: HOME.lon,
      mode: 3,
      speedMps: 1,
      trackDeg: 0,
      hdop: 0.7,
      satsUsed: 19,
      satsSeen: 27,
    },
    equipment: { lightbar: 'off' },
  })
}
