import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SignedReport } from '#protocols/crypto/report-signature.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { REPORT_CSS } from './report-html.ts'
import { replaceFile } from '../provisioning/replace-file.ts'

const FOLDER = 'reports'

/** Keeps the report on the device: `reports/ID.json`, its exact bytes; `.json.sig` and `.html` beside it. */
export async function keepReport(
  dir: string,
  reportId: string,
  { text, signature }: SignedReport,
  html: string,
): Promise<Result<string>> {
  const folder = join(dir, FOLDER)
  const files = {
    [`${reportId}.json.sig`]: `${JSON.stringify(signature, null, 2)}\n`,
    [`${reportId}.html`]: html,
    'report.css': REPORT_CSS,
    [`${reportId}.json`]: text,
  }
  for (const [name, content] of Object.entries(files)) {
    const saved = await replaceFile(folder, name, content)
    if (!saved.ok) return saved
  }
  return ok(join(folder, `${reportId}.json`))
}

/** A report and the signature beside it, as text. Fault `FILE_ABSENT`. */
export async function readReport(
  file: string,
  signatureFile = `${file}.sig`,
): Promise<Result<{ readonly text: string; readonly signature: string }>> {
  try {
    return ok({ text: await readFile(file, 'utf8'), signature: await readFile(signatureFile, 'utf8') })
  } catch (error) {
    return fault('FILE_ABSENT', (error as Error).message)
  }
}
