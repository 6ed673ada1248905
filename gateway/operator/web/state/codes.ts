import { signal } from '@preact/signals'
import type { EnrolmentIssued } from '#protocols/api.ts'
import type { CodeView } from '#protocols/operator.ts'
import { readCodes } from './gateway-http.ts'

export const codes = signal<readonly CodeView[] | null>(null)
/** The code just issued; it is known here and nowhere else, and gone with the page. */
export const issued = signal<
  (EnrolmentIssued & { readonly deviceId: string; readonly callSign: string }) | null
>(null)

export async function refreshCodes(): Promise<void> {
  const read = await readCodes()
  if (read.ok) codes.value = read.value.codes
}
