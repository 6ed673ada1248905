import { statSync } from 'node:fs'
import { readFlags } from '#protocols/cli/flags.ts'
import { verifyReport } from '#protocols/crypto/report-signature.ts'
import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import type { TechnicianView } from '#protocols/technician.ts'
import type { Logger } from '#protocols/log.ts'
import { skyEarsFor } from '#hardware/gnss/sky-ears.ts'
import type { SeenSatellite, SkyEars } from '#hardware/gnss/sky-reader.ts'
import { composeVisit } from '../provisioning/compose.ts'
import { readReport } from '../selftest/report-files.ts'
import { remarksOf, remedyOf } from '../selftest/report.ts'
import { runVisit } from '../selftest/run-visit.ts'
import { skyWords } from '../selftest/sky-words.ts'
import { systemClock } from '../system-clock.ts'
import { configOf } from './agent.ts'
import { terminalScreen } from './terminal-screen.ts'

const USAGE = `usage: reach5 selftest --data DIR [--ports PATH,PATH…] [--code CODE] [--enrol-url https://HOST:5111]
                       [--technician NAME] [--skip-inputs REASON] [--accept-signal REASON]
       reach5 selftest verify --report FILE.json

  A technician's visit without a browser: computer, identity, ports, signal, inputs, end-to-end test record, signed report.
  Inputs are asked for one by one (key s skips one, q ends); who has no hands free gives --skip-inputs. Without an identity and without --code
  nothing is asked of a gateway and the report says "bench". Without --ports every serial line is looked at.
  The last line on stdout is JSON; exit 0 passed (also with remarks), 1 failed, 2 wrong use.`

const FLAGS = ['data', 'ports', 'code', 'enrol-url', 'mqtt-url', 'technician', 'skip-inputs', 'accept-signal']
/** Words for the person go to stderr; a log line would only be between them. */
const QUIET: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** `reach5 selftest`: 0 passed, 1 failed or not begun, 2 wrong use. */
export async function selftest(args: readonly string[]): Promise<number> {
  if (args[0] === 'verify') return verifyVerb(args.slice(1))
  const flags = readFlags(args, FLAGS)
  if (!flags.ok) return wrongUse(flags.detail)
  const { help, code, technician = '', skipInputs, acceptSignal, ...rest } = flags.value
  if (help !== undefined) {
    console.error(USAGE)
    return 0
  }
  const noLine = (rest['ports'] ?? '').split(',').find(isFile)
  if (noLine !== undefined)
    return wrongUse(`--ports ${JSON.stringify(noLine)} is no serial line; for example --ports /dev/ttyUSB0`)
  const config = configOf(rest)
  if (!config.ok) return config.code === 'CONFIG_INVALID' ? wrongUse(config.detail) : failed(config)
  const skies = new Map<string, SkyEars>()
  const visit = await composeVisit(config.value, QUIET, (path, bytes) => {
    if (!skies.has(path)) skies.set(path, skyEarsFor(path))
    skies.get(path)!.feed(bytes)
  })
  if (!visit.ok) return failed(visit)
  let stop = (): void => {}
  const stopped = new Promise<null>(resolve => (stop = () => resolve(null)))
  const sky = (view: TechnicianView) => skies.get(view.ports.gnss ?? '')?.sky() ?? []
  const screen = terminalScreen(view => skyWords(view, sky(view)), stop)
  try {
    const run = runVisit(visit.value, systemClock(), screen, {
      ...{ technician, code: code ?? null, enrolUrl: config.value.enrolUrl },
      ...{ skipInputs: skipInputs ?? null, acceptSignal: acceptSignal ?? null },
    })
    const ended = await Promise.race([run, stopped])
    const view = ended ?? visit.value.view()
    if (ended === null) console.error('ended by hand; no report was made')
    console.log(JSON.stringify(resultOf(view, sky(view))))
    const { verdict } = view.report
    return ended !== null && (verdict === 'passed' || verdict === 'remarks') ? 0 : 1
  } finally {
    screen.close()
    await visit.value.close()
  }
}

/** There, and certainly not a line. What is not there may be plugged in later: that is for the search to say. */
const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() === false

const resultOf = (view: TechnicianView, sky: readonly SeenSatellite[]) => {
  const { report, mode, identity, keyFingerprint, ports, signal, inputs } = view
  return {
    reportId: report.reportId,
    verdict: report.verdict,
    mode,
    deviceId: identity.device?.deviceId ?? null,
    keyFingerprint,
    file: report.file,
    delivered: report.delivered,
    ports: ports.findings.map(({ path, is, baud, score }) => ({ path, is, baud, score })),
    signal: { state: signal.state, gnss: signal.gnss, hdop: signal.sample?.hdop ?? null, satellites: sky },
    inputs: inputs.walk.results.map(({ channel, outcome, terminal, onAt, offAt }) => ({
      ...{ channel, outcome, terminal, onAt, offAt },
    })),
    remarks: remarksOf(view).map(remark => ({ ...remark, remedy: remedyOf(remark.code) })),
  }
}

/** Whether a kept report is as the device signed it; whether the device is ours, only the gateway's CA can say. */
async function verifyVerb(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, ['report'])
  if (!flags.ok || flags.value['report'] === undefined)
    return wrongUse(flags.ok ? 'verify needs --report FILE.json' : flags.detail)
  const read = await readReport(flags.value['report'])
  if (!read.ok) return failed(read)
  const verified = verifyReport(read.value.text, read.value.signature)
  if (!verified.ok) return failed(verified)
  const { report, keyFingerprint, why } = verified.value
  const { reportId, verdict, technician, device } = report
  console.log(JSON.stringify({ reportId, verdict, technician, device, keyFingerprint, why }))
  return 0
}

function wrongUse(why: string): number {
  console.error(`reach5 selftest: ${why} (reach5 selftest --help)`)
  return 2
}

function failed({ code, detail }: { readonly code: string; readonly detail: string }): number {
  console.error(`reach5 selftest: ${detail}. ${ERROR_CODES[code as ErrorCode] ?? ''} [${code}]`)
  return 1
}
