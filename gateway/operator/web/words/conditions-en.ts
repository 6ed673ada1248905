import type { ConditionWords } from './conditions-zh.ts'

const percent = (share: number): string => `${Math.round(share * 100)} %`
const ms = (seconds: number): string => `${Math.round(seconds * 1000)} ms`
const days = (n: number): string => (n === 1 ? '1 day' : `${n} days`)
const minutes = (n: number): string => (n === 1 ? '1 minute' : `${n} minutes`)
const hours = (n: number): string => (n === 1 ? '1 hour' : `${n} hours`)

export const REFUSALS_EN: Readonly<Record<string, readonly [what: string, next: string]>> = {
  CLIENT_NO_CERTIFICATE: [
    'no certificate that counts',
    'Find the device whose certificate ended or was revoked; issue a code and enrol it anew.',
  ],
  CLIENT_ID_MISMATCH: [
    'client id is not the certificate’s',
    'A copied configuration, or somebody posing as another. Read the audit and find the device.',
  ],
  CLIENT_FORBIDDEN_FEATURE: [
    'will, retain or persistent session',
    'Not our agent, or a wrong version. Update that device.',
  ],
  TOPIC_REFUSED: [
    'a topic that is not its own',
    'Read the audit; unless it is a mistake, revoke the device.',
  ],
  PACKET_TOO_LARGE: ['a packet over 64 KiB', 'Check that device’s software; revoke it if this goes on.'],
  HOST_REFUSED: ['a page under a foreign host name', 'Open the pages as 127.0.0.1 or localhost.'],
  ORIGIN_REFUSED: [
    'another web page tried to act',
    'Close pages you do not know; open this one from the gateway.',
  ],
  CODE_REFUSED: [
    'a wrong, used or old enrolment code',
    'Check with the technician; issue a new code if needed.',
  ],
  CODE_RATE_LIMITED: ['too many wrong codes from one address', 'Wait an hour, or find out who is trying.'],
}

const HINTS_EN: Readonly<Record<string, string>> = {
  receiver: 'the receiver says so',
  uniform_signals: 'all signals are equally strong',
  time_jump: 'its time jumped',
}

export const CONDITIONS_EN: ConditionWords = {
  cert_expired: {
    what: n => `Certificate ended ${days(n)} ago`,
    next: () => 'It can no longer connect. Issue a code and enrol it anew at the car.',
  },
  cert_ends: {
    what: n => (n < 1 ? 'Certificate ends today' : `Certificate ends in ${days(n)}`),
    next: () => 'Enrol again before it ends: issue a code, the technician scans or types it.',
  },
  not_redeemed: {
    what: n => (n === 0 ? 'Expected, not enrolled yet' : `Code issued ${hours(n)} ago, not used`),
    next: () => 'Ask the technician; issue another code when this one is over.',
  },
  never_connected: {
    what: () => 'Not connected since the gateway started',
    next: () => 'Is the car powered, is there signal, is the gateway’s address right on the device?',
  },
  link_down: {
    what: n => (n === 0 ? 'Link just went down' : `No link for ${minutes(n)}`),
    next: () => 'Call the crew by radio; then check modem and antenna. What it stored follows by itself.',
  },
  fix_stale: {
    what: n => `Link up, position ${minutes(n)} old`,
    next: () => 'Check the GNSS antenna and cable; is it parked under a roof? Dispatch does not offer it.',
  },
  fix_never: {
    what: () => 'Link up, never a position',
    next: () => 'Check the receiver’s port, speed and antenna; run reach5 selftest at the car.',
  },
  queue_grows: {
    what: n => `${n} records wait on the car`,
    next: () => 'The link is too slow or loses packets. Check signal; change network if it keeps growing.',
  },
  outbox_fills: {
    what: n => `Its store is ${percent(n)} full`,
    next: () => 'Restore the link soon so that it drains, or it will have to refuse events.',
  },
  store_poisoned: {
    what: () => 'Its store cannot be written',
    next: () => 'Alarms still go out, unstored. Check disk space; replace the card if it stays.',
  },
  store_repaired: {
    what: () => 'Its store was repaired',
    next: () => 'Holes are receipted. If it happens again, replace the card.',
  },
  store_memory: {
    what: () => 'No lasting store on the car',
    next: () => 'A power cut loses records. Is the card in place?',
  },
  records_missing: {
    what: n => `${n} records missing`,
    next: () => 'Wait for them; if the number stays with the link up, look at its store and at intake.lost.',
  },
  inputs_unknown: {
    what: n => (n === 1 ? '1 input unknown' : `${n} inputs unknown`),
    next: () => 'Check power, RS-485 wiring and address of the input module.',
  },
  driver_fault: {
    what: (n, about) => `Driver fault ${about}, ${minutes(n)} ago`,
    next: () => 'See the device’s details. It leaves this list an hour after the last one.',
  },
  battery_low: {
    what: n => (n === 0 ? 'Battery low' : `Battery low, ${n.toFixed(1)} V`),
    next: () =>
      'The car reports its place less often and may go down. Ask the crew to start the engine; if it stays so, have battery and alternator looked at.',
  },
  brown_outs: {
    what: n => (n === 1 ? 'Lost its power at the last start' : `Lost its power at ${n} starts in a row`),
    next: () =>
      'The starter pulls the voltage down. Nothing is lost; have the battery looked at before the cold.',
  },
  went_off: {
    what: n => `Switched off with the ignition ${minutes(n)} ago`,
    next: () => 'In order: everything was delivered. It comes back with the ignition.',
  },
  antenna_open: {
    what: () => 'The receiver feels no antenna',
    next: () =>
      'Check the plug at the receiver and the cable to the roof. With a live position the antenna is a passive one: nothing to do.',
  },
  antenna_short: {
    what: () => 'The antenna is shorted',
    next: () => 'Unplug it from the receiver and change antenna and cable; a short can harm the receiver.',
  },
  gnss_jammed: {
    what: () => 'The receiver tells interference',
    next: () =>
      'Several cars at one place: report it to the radio authority. One car: look for a charger or jammer aboard.',
  },
  gnss_doubted: {
    what: (_, about) => `The position may be forged: ${HINTS_EN[about] ?? about}`,
    next: () => 'Ask the crew by radio where they are. After a cold start it passes within a minute.',
  },
  datum_foreign: {
    what: (_, about) => `The receiver tells places in datum ${about}`,
    next: () => 'None of them is used. Set the receiver to WGS-84, or change it.',
  },
  software_differs: {
    what: (_, about) => `Runs ${about}`,
    next: () => 'Not the gateway’s version. Plan an update at its next stop.',
  },
  refusals: {
    what: (n, about) => `Refused ${n} times in 10 min: ${REFUSALS_EN[about]?.[0] ?? about}`,
    next: about => REFUSALS_EN[about]?.[1] ?? 'Read the event of that name in the gateway’s log.',
  },
  disk_low: {
    what: n => `Only ${percent(n)} of the gateway’s disk free`,
    next: () => 'Clean up or enlarge the disk of the ledger; when it is full the gateway stops accepting.',
  },
  commits_slow: {
    what: n => `Commits are slow, p99 ${ms(n)}`,
    next: () => 'Check the disk and what else uses it; cars wait longer for their receipts.',
  },
  loop_lags: {
    what: n => `Event loop delayed, p99 ${ms(n)}`,
    next: () => 'Check this machine’s CPU; move other programs away.',
  },
  loop_queues: {
    what: n => `${n} events wait in the gateway`,
    next: () => 'A peak drains by itself; if it stays, check disk and CPU.',
  },
  alarms_waiting: {
    what: n => `An alarm unacknowledged for ${minutes(Math.max(1, n))}`,
    next: () => 'Call the commander on duty now.',
  },
  orders_waiting: {
    what: n => (n === 1 ? '1 order without a receipt' : `${n} orders without a receipt`),
    next: () => 'Sent again by itself; tell the crew by radio if its link is down.',
  },
  records_lost: {
    what: n => `Devices declared ${n} records lost`,
    next: () => 'Find intake.lost in the audit and check that device’s store.',
  },
  stream_dropped: {
    what: n => `${n} slow pages disconnected`,
    next: () => 'Is that desk’s computer stuck? Its page reconnects by itself.',
  },
  coverage_late: {
    what: n => `Coverage is ${Math.round(n)} s old`,
    next: () => 'Colours on the map are old. Read the log; restart the gateway if it stays.',
  },
  just_started: {
    what: n => `Gateway started ${n} s ago`,
    next: () => 'Units show as stale until each is heard again, within a minute.',
  },
}
