import { benchAlarm } from './bench-alarm.ts'
import { benchIngest } from './bench-ingest.ts'
import { benchMap } from './bench-map.ts'
import { benchReach } from './bench-reach.ts'
import { benchTrigger } from './bench-trigger.ts'
import { benchNmea } from './bench-nmea.ts'
import type { Inquiry } from './evidence.ts'
import { inquireAndTell } from './promises.ts'

const CITY = 'gateway/map/web/city'
const STATE = 'gateway/map/web/state'

export const BENCHES: Readonly<Record<string, Inquiry>> = {
  alarm: {
    does: 'a panic to the dispatcher’s stream, idle and while 100,000 records of that car and 2,000 other backlogs drain',
    needsBuild: true,
    covers: [
      'agent/uplink/delivery.ts',
      'gateway/loop',
      'test/fleet/alarm-run.ts',
      'test/fleet/bare-echo.ts',
      'test/fleet/bare-echo-process.ts',
      'test/fleet/crowd.ts',
      'test/cli/bench-alarm.ts',
    ],
    run: benchAlarm,
  },
  ingest: {
    does: 'processor time of an accepted record beside Mosquitto relaying the same ones, 200 and 2,000 connections',
    needsBuild: true,
    covers: [
      'gateway/broker',
      'gateway/intake',
      'gateway/ledger/level-ledger.ts',
      'gateway/ledger/level-rows.ts',
      'gateway/loop',
      'test/fleet/ingest-run.ts',
      'test/fleet/publisher-process.ts',
      'test/cli/bench-ingest.ts',
    ],
    run: benchIngest,
  },
  map: {
    does: '5,000 units at 1 Hz on the dispatcher’s map: what the page’s main thread works',
    needsBuild: true,
    covers: [
      'gateway/api/stream.ts',
      'gateway/api/unit-moves.ts',
      `${CITY}/city-map.tsx`,
      `${CITY}/unit-layer.ts`,
      `${CITY}/unit-marks.ts`,
      `${CITY}/unit-passes.ts`,
      `${CITY}/unit-tracks.ts`,
      `${STATE}/picture.ts`,
      `${STATE}/stream.ts`,
      `${STATE}/stream-connection.ts`,
      `${STATE}/stream-news.ts`,
      `${STATE}/unit-filter.ts`,
      'test/cli/bench-map.ts',
    ],
    run: benchMap,
  },
  trigger: {
    does: 'from an input edge to the camera’s contact and to the MQTT publish, idle and in a drain',
    needsBuild: true,
    covers: ['agent/bodycam', 'agent/uplink', 'agent/outbox', 'hardware/panel', 'test/cli/bench-trigger.ts'],
    run: benchTrigger,
  },
  reach: {
    does: 'nearest, circles, coverage, membership and snap beside Valhalla, pgRouting and flatbush; needs pgRouting',
    covers: [
      'gateway/reach',
      'gateway/roads/snap.ts',
      'gateway/coverage',
      'gateway/grids/membership.ts',
      'gateway/grids/grid-raster.ts',
      'gateway/grids/row-sides.ts',
      'protocols/roads',
      'test/reach',
      'sim/demo/child.ts',
      'test/cli/bench-reach.ts',
    ],
    run: benchReach,
  },
  nmea: {
    does: 'receiver bytes to epochs beside gpsdecode, nmea-simple and gps; ours and the peers in one run',
    covers: ['protocols/nmea', 'hardware/gnss/decoder.ts', 'test/cli/bench-nmea.ts'],
    run: benchNmea,
  },
}

/** `reach5 bench NAME`: a cost, measured on this machine and written down beside its bound. */
export const bench = (args: readonly string[]): Promise<number> => inquireAndTell('bench', BENCHES, args)
