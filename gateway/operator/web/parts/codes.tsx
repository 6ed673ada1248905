import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ID_PATTERN } from '#protocols/ids.ts'
import type { CodeView } from '#protocols/operator.ts'
import { codes, issued, refreshCodes } from '../state/codes.ts'
import { issueCode, withdrawCode } from '../state/gateway-http.ts'
import { gridNames } from '../state/picture.ts'
import { refusalWords, timeWords, words } from '../words/words.ts'
import { Qr } from './qr.tsx'

const REFRESH_MS = 5_000
const problem = signal<string | null>(null)
const busy = signal(false)
const copied = signal(false)

/** One-time codes: make one, show it once, and the list of those that were made. */
export function Codes() {
  useEffect(() => {
    void refreshCodes()
    const timer = setInterval(() => void refreshCodes(), REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <div class="codes">
      <div class="codes-make">{issued.value === null ? <IssueForm /> : <Issued />}</div>
      <CodeList />
    </div>
  )
}

function IssueForm() {
  const w = words.value
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const said = new FormData(form)
    const text = (name: string): string => String(said.get(name) ?? '').trim()
    const create = {
      deviceId: text('device'),
      unitId: text('unit'),
      callSign: text('callSign'),
      homeGridId: text('grid') === '' ? null : text('grid'),
    }
    busy.value = true
    const answer = await issueCode(create)
    busy.value = false
    problem.value = answer.ok ? null : refusalWords(answer)
    if (answer.ok) issued.value = { ...answer.value, deviceId: create.deviceId, callSign: create.callSign }
    void refreshCodes()
  }
  const id = {
    required: true,
    pattern: ID_PATTERN.source.replace(/^\^|\$$/g, ''),
    maxLength: 48,
    title: w.idHint,
  }
  return (
    <form
      class="issue"
      onSubmit={event => {
        event.preventDefault()
        void submit(event.currentTarget)
      }}
    >
      <h2>{w.newCode}</h2>
      <label class="field">
        <span>{w.fields.device}</span>
        <input name="device" placeholder="ptu-103" autocomplete="off" {...id} />
      </label>
      <label class="field">
        <span>{w.fields.unit}</span>
        <input name="unit" placeholder="unit-103" autocomplete="off" {...id} />
      </label>
      <label class="field">
        <span>{w.fields.callSign}</span>
        <input name="callSign" placeholder="鼓楼03" required maxLength={32} autocomplete="off" />
      </label>
      <label class="field">
        <span>{w.fields.grid}</span>
        <select name="grid">
          <option value="">{w.noGrid}</option>
          {[...gridNames.value].map(([gridId, name]) => (
            <option key={gridId} value={gridId}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {problem.value !== null && (
        <p class="notice" data-kind="bad" role="alert">
          {problem.value}
        </p>
      )}
      <button type="submit" class="button is-primary" disabled={busy.value}>
        {w.issue}
      </button>
    </form>
  )
}

function Issued() {
  const w = words.value
  const now = issued.value!
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(now.code).catch(() => undefined)
    copied.value = true
  }
  return (
    <div class="issued" role="status">
      <h2>{w.issued}</h2>
      <p>
        <b>{now.callSign}</b> <span class="id">{now.deviceId}</span>
      </p>
      <Qr text={now.code} title={w.qrTitle} />
      <code class="code">{now.code}</code>
      <dl class="facts">
        <dt>{w.enrolAt}</dt>
        <dd class="id">{now.enrolmentUrl}</dd>
      </dl>
      <p class="sub">{w.issuedBody(timeWords(now.expiresAt))}</p>
      <div class="actions">
        <button type="button" class="button" onClick={() => void copy()}>
          {copied.value ? w.copied : w.copy}
        </button>
        <button
          type="button"
          class="button is-primary"
          onClick={() => {
            issued.value = null
            copied.value = false
          }}
        >
          {w.newCode}
        </button>
      </div>
    </div>
  )
}

function CodeList() {
  const w = words.value
  const list = codes.value
  return (
    <div class="codes-list">
      <h2>{w.codesTitle}</h2>
      {list?.length === 0 && <p class="empty">{w.noCodes}</p>}
      {list !== null && list.length > 0 && (
        <div class="table-scroll" tabIndex={0} role="region" aria-label={w.codesTitle}>
          <table>
            <thead>
              <tr>
                <th scope="col">{w.columns.state}</th>
                <th scope="col">{w.fields.callSign}</th>
                <th scope="col">{w.fields.device}</th>
                <th scope="col">{w.fields.grid}</th>
                <th scope="col">{w.issuedBy}</th>
                <th scope="col">{w.expires}</th>
                <th scope="col">{w.usedAt}</th>
                <th scope="col">
                  <span class="hidden">{w.withdraw}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map(code => (
                <CodeRow key={code.id} code={code} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function CodeRow({ code }: { code: CodeView }) {
  const w = words.value
  const withdraw = async (): Promise<void> => {
    const answer = await withdrawCode(code.id)
    problem.value = answer.ok ? null : refusalWords(answer)
    void refreshCodes()
  }
  return (
    <tr data-code={code.id} data-code-state={code.state}>
      <td>
        <span class="code-state" data-code-state={code.state}>
          {w.codeStates[code.state]}
        </span>
      </td>
      <td>{code.callSign}</td>
      <td class="id">{code.deviceId}</td>
      <td>{code.homeGridId === null ? w.none : (gridNames.value.get(code.homeGridId) ?? code.homeGridId)}</td>
      <td>{code.issuedBy}</td>
      <td class="num">{timeWords(code.expiresAt)}</td>
      <td class="num">{code.usedAt === null ? w.none : timeWords(code.usedAt)}</td>
      <td>
        {code.state === 'open' && (
          <button type="button" class="button is-small" onClick={() => void withdraw()}>
            {w.withdraw}
          </button>
        )}
      </td>
    </tr>
  )
}
