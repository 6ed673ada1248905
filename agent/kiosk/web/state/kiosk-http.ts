import { KioskAnswer } from '#protocols/kiosk.ts'
import type { KioskAlarm, KioskReport } from '#protocols/kiosk.ts'
import type { ConsultTopic } from '#protocols/walk-in.ts'

const ANSWER_MS_MAX = 8_000

/** `STATION_SILENT`: nobody answered, so it may or may not be stored; the same draft sent again is filed once. */
const SILENT: KioskAnswer = { accepted: false, code: 'STATION_SILENT', number: null, emergency: false }

/** POST /v1/reports; `number` is there only when the report lies on the station's disk. */
export const sendReport = (report: KioskReport): Promise<KioskAnswer> => send('v1/reports', report)

/** POST /v1/alarms; `code` STATION_SILENT means that nobody heard, anything else that it is on its way. */
export const sendAlarm = (alarm: KioskAlarm): Promise<KioskAnswer> => send('v1/alarms', alarm)

export const sendCall = (): Promise<KioskAnswer> => send('v1/calls', {})

export const sendConsultation = (topic: ConsultTopic): Promise<KioskAnswer> =>
  send('v1/consultations', { topic })

async function send(path: string, body: unknown): Promise<KioskAnswer> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    const json: unknown = await response.json()
    const answer = KioskAnswer.safeParse(json)
    if (answer.success) return answer.data
    if (response.status === 202) return { ...SILENT, accepted: true, code: null }
    const code = (json as { code?: unknown } | null)?.code
    return { ...SILENT, code: typeof code === 'string' ? code : SILENT.code }
  } catch {
    return SILENT
  }
}
