import type { Tap } from '#protocols/terminal.ts'

const ANSWER_MS_MAX = 5_000

/** The car's answer. `AGENT_SILENT`: nobody answered, so the tap may or may not be stored and is safe to repeat. */
export type TapAnswer = { readonly accepted: true } | { readonly accepted: false; readonly code: string }

/** POST /v1/taps. `accepted` means stored and synced on the car, nothing less. */
export async function sendTap(tap: Tap): Promise<TapAnswer> {
  try {
    const response = await fetch('v1/taps', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tap),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    const answer = (await response.json()) as { accepted?: unknown; code?: unknown }
    if (response.status === 202 && answer.accepted === true) return { accepted: true }
    return {
      accepted: false,
      code: typeof answer.code === 'string' ? answer.code : `HTTP_${response.status}`,
    }
  } catch {
    return { accepted: false, code: 'AGENT_SILENT' }
  }
}
