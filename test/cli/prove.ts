import type { Inquiry } from './evidence.ts'
import { inquireAndTell } from './promises.ts'
import { proveAgreement } from './prove-agreement.ts'
import { proveArrival } from './prove-arrival.ts'
import { proveSampling } from './prove-sampling.ts'
import { proveAutobaud } from './prove-autobaud.ts'
import { proveEta } from './prove-eta.ts'
import { proveCover } from './prove-cover.ts'
import { proveCrashes } from './prove-crashes.ts'
import { proveFleet } from './prove-fleet.ts'
import { proveFootprint } from './prove-footprint.ts'
import { proveMembership } from './prove-membership.ts'
import { MUTANT_COVERS, proveMutants } from './prove-mutants.ts'
import { proveNmea } from './prove-nmea.ts'
import { proveOffline } from './prove-offline.ts'
import { proveOutbox } from './prove-outbox.ts'
import { provePanel } from './prove-panel.ts'
import { proveReach } from './prove-reach.ts'
import { proveReplug } from './prove-replug.ts'
import { proveRestore } from './prove-restore.ts'
import { proveSim, SIM_COVERS } from './prove-sim.ts'
import { proveStorm } from './prove-storm.ts'
import { proveTrigger } from './prove-trigger.ts'

export const PROOFS: Readonly<Record<string, Inquiry>> = {
  arrival: {
    does: '12,000 labelled trips: arrivals found, early or false, and how exact; a one-stage rule must fail',
    covers: [
      'agent/vehicle/arrival.ts',
      'agent/vehicle/rolling.ts',
      'agent/vehicle/live-fix.ts',
      'sim/trips',
      'test/oracle/arrivals.ts',
      'test/cli/prove-arrival.ts',
    ],
    run: proveArrival,
  },
  sampling: {
    does: '48 h of simulated shifts: messages against 1 Hz, the track against the truth, silence against its promise',
    covers: [
      'agent/vehicle/sampling.ts',
      'agent/vehicle/reporting.ts',
      'test/oracle/shifts.ts',
      'test/oracle/judge-shifts.ts',
      'test/cli/prove-sampling.ts',
    ],
    run: proveSampling,
  },
  outbox: {
    does: 'no accepted record lost or unexplained: a 64 KiB log cut anywhere, 500 bits, every kind of failure at every step',
    covers: [
      'agent/outbox',
      'sim/store',
      'test/outbox',
      'test/contracts/outbox-audit.ts',
      'protocols/leveldb',
      'test/cli/prove-outbox.ts',
    ],
    run: proveOutbox,
  },
  crashes: {
    does: 'real processes killed, cut off, on full, failing and rotten disks: no accepted record lost; 30 minutes',
    needsBuild: true,
    covers: [
      'agent/outbox/level-outbox.ts',
      'agent/outbox/open-store.ts',
      'agent/outbox/high-water-file.ts',
      'agent/outbox/quick-boot.ts',
      'gateway/ledger/level-ledger.ts',
      'gateway/ledger/level-rows.ts',
      'gateway/ledger/first-minute.ts',
      'gateway/ledger/rot.ts',
      'gateway/ledger/store-files.ts',
      'protocols/leveldb',
      'gateway/ledger/row-sum.ts',
      'gateway/ledger/scrub.ts',
      'gateway/identity/device-copy.ts',
      'gateway/identity/device-copy-file.ts',
      'gateway/loop/lanes-in-doubt.ts',
      'gateway/loop/turn.ts',
      'test/crash',
      'test/cli/prove-crashes.ts',
    ],
    run: proveCrashes,
  },
  cover: {
    does: '1,000 orders in the default city: what they uncover is foretold exactly; move-ups raise the demand reached; 30 minutes',
    covers: [
      'gateway/coverage',
      'gateway/reach',
      'sim/city',
      'sim/traffic',
      'test/oracle/coverage.ts',
      'test/orders',
      'test/cli/prove-cover.ts',
    ],
    run: proveCover,
  },
  reach: {
    does: 'reached sets = pgRouting with turns off, = a plain Dijkstra on the line graph with turns on; needs pgRouting',
    covers: [
      'gateway/reach',
      'gateway/profiles',
      'gateway/roads',
      'protocols/roads',
      'sim/city',
      'test/oracle/line-graph.ts',
      'test/oracle/planted-turns.ts',
      ...['command-line', 'judge-turns', 'pgrouting', 'reached-sets'].map(name => `test/reach/${name}.ts`),
      'test/cli/prove-reach.ts',
    ],
    run: proveReach,
  },
  eta: {
    does: 'a day of driving teaches five towns what their roads take; the next day is promised; four minutes',
    covers: [
      ...[
        ...['match', 'trail', 'ways-on', 'road-shapes', 'passes', 'sums', 'arc-sums', 'learner', 'estimate'],
        ...['past-etas', 'duty-spans', 'local-hour', 'eta-book'],
      ].map(name => `gateway/eta/${name}.ts`),
      'gateway/city/etas.ts',
      'gateway/dispatch/way-reader.ts',
      'sim/traffic',
      ...['eta-days', 'eta-car', 'hidden-traffic', 'judge-etas'].map(name => `test/eta/${name}.ts`),
      'test/cli/prove-eta.ts',
    ],
    run: proveEta,
  },
  offline: {
    does: '72 h without a link at 1 Hz, then 256 kbit/s: live at once, drained in 15 min, no old position shown',
    needsBuild: true,
    covers: [
      'agent/outbox/boot-scan.ts',
      'agent/outbox/quick-boot.ts',
      'agent/uplink/carrier.ts',
      'agent/uplink/delivery.ts',
      'test/fleet/offline-run.ts',
      'test/fleet/thin-link.ts',
      'test/cli/prove-offline.ts',
    ],
    run: proveOffline,
  },
  restore: {
    does: 'a one-hour-old backup of a gateway under load restored: the fleet sends again, 0 lost, 0 doubled',
    needsBuild: true,
    covers: [
      'gateway/backup',
      'gateway/ledger/level-ledger.ts',
      'gateway/ledger/level-rows.ts',
      'gateway/intake',
      'test/fleet/restore-run.ts',
      'test/cli/prove-restore.ts',
    ],
    run: proveRestore,
  },
  agreement: {
    does: 'the five nearest of 255 units and their times beside Valhalla, by its own speeds, on every extract',
    covers: [
      'gateway/reach',
      'gateway/roads',
      'protocols/roads',
      'test/reach/valhalla.ts',
      'test/reach/places.ts',
      'gateway/profiles',
      'test/cli/prove-agreement.ts',
    ],
    run: proveAgreement,
  },
  sim: {
    does: '100,000 vehicle-hours of simulated cities that break, over 50 seeds: nothing lost, doubled, told out of order or forged; hours, goes on where it was broken off',
    covers: SIM_COVERS,
    run: proveSim,
  },
  mutants: {
    does: 'one check after the other taken out of our own code, and the simulated city finds each within 50 seeds (npm run mutants)',
    covers: MUTANT_COVERS,
    run: proveMutants,
  },
  membership: {
    does: 'grid of a place = brute force, 1,000,000 points over 51 and over 2,000 grids',
    covers: [
      'gateway/grids/membership.ts',
      'gateway/grids/grid-raster.ts',
      'gateway/grids/row-sides.ts',
      'test/oracle/patchwork.ts',
      'test/cli/prove-membership.ts',
    ],
    run: proveMembership,
  },
  nmea: {
    does: 'noise, fuzz with right checksums and damaged captures hurt no port and move no car; three minutes',
    covers: [
      'protocols/nmea',
      'hardware/gnss',
      'sim/line/byte-faults.ts',
      'test/oracle/damaged-receiver.ts',
      'test/oracle/receiver-noise.ts',
      'test/oracle/receiver-publisher.ts',
      'test/cli/prove-nmea.ts',
    ],
    run: proveNmea,
  },
  panel: {
    does: 'no wrong input state in 1,000,000 polls of a module that goes wrong in every way; about a minute',
    covers: ['hardware/panel', 'test/cli/prove-panel.ts'],
    run: provePanel,
  },
  autobaud: {
    does: 'a receiver is right at every speed, and 24 simulated hours of trouble never leave one',
    covers: [
      'hardware/line/line-keeper.ts',
      'hardware/line/speed-hunt.ts',
      'hardware/reopening-port.ts',
      'test/ports/tuning-run.ts',
      'test/cli/prove-autobaud.ts',
    ],
    run: proveAutobaud,
  },
  replug: {
    does: '1,000 times unplugged and plugged in: nothing left behind, fix back within 2 s',
    covers: [
      'hardware/serial-port.ts',
      'hardware/serial-pollers.ts',
      'hardware/reopening-port.ts',
      'hardware/line/line-keeper.ts',
      'test/ports/replug-run.ts',
      'test/cli/prove-replug.ts',
    ],
    run: proveReplug,
  },
  trigger: {
    does: '100,000 random sequences of the body-cam trigger against a plain one; 13 mutants found',
    covers: [
      'agent/bodycam/trigger.ts',
      'agent/bodycam/attempts.ts',
      'agent/bodycam/trigger-run.ts',
      'agent/bodycam/trigger-state.ts',
      'agent/bodycam/trigger-config.ts',
      'agent/bodycam/log-entry.ts',
      'test/oracle/plain-trigger.ts',
      'test/oracle/trigger-world.ts',
      'test/cli/prove-trigger.ts',
    ],
    run: proveTrigger,
  },
  fleet: {
    does: 'npm start --units 255 shows every unit once a second; what it costs',
    needsBuild: true,
    covers: ['sim/demo/fleet.ts', 'gateway/fleet', 'test/cli/prove-fleet.ts'],
    run: proveFleet,
  },
  storm: {
    does: '2,000 devices at once after a crash, a frozen page, packets that declare 268 MB; 4 minutes',
    needsBuild: true,
    covers: [
      'gateway/broker',
      'gateway/api/stream.ts',
      'gateway/api/stream-socket.ts',
      'test/storm',
      'test/cli/prove-storm.ts',
    ],
    run: proveStorm,
  },
  footprint: {
    does: 'memory of the agent beside an empty process, and over 24 simulated hours; 4 minutes',
    needsBuild: true,
    covers: [
      'agent/runtime.ts',
      'agent/vehicle',
      'agent/uplink',
      'agent/compose.ts',
      'sim/demo/child.ts',
      'test/footprint',
      'test/cli/prove-footprint.ts',
    ],
    run: proveFootprint,
  },
}

/** `reach5 prove NAME`: a proof too long for every change, written down where it was made and of what. */
export const prove = (args: readonly string[]): Promise<number> => inquireAndTell('prove', PROOFS, args)
