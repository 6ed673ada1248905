import { useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { LET_GO_BODY } from '#protocols/api.ts'
import type { LedgerRow } from '#protocols/api.ts'
import type { OperatorDevice, OperatorView } from '#protocols/operator.ts'
import { Refusal } from '#protocols/receiver-health.ts'
import { choose } from '../state/desk.ts'
import { readRecords, revokeDevice } from '../state/gateway-http.ts'
import { agedMs, gridNames, refresh } from '../state/picture.ts'
import {
  ageWords,
  bytesWords,
  faultWords,
  nextWords,
  refusalWords,
  timeWords,
  whatWords,
  words,
} from '../words/words.ts'
import { Icon } from './icons.tsx'

/** Lanes of the ledger shown here; lane `track` says where a crew was and is not for this page. */
const LANES = ['event', 'alarm', 'diag'] as const

/** Right of the table: everything known of one device, its ledger for a stated purpose, and the way out. */
export function DeviceCard({ id, view }: { id: string; view: OperatorView }) {
  const w = words.value
  const device = view.devices.find(d => d.id === id)
  const card = useRef<HTMLElement>(null)
  useEffect(() => card.current?.focus(), [])
  if (device === undefined) return null
  const own = view.conditions.filter(c => c.deviceId === id)
  return (
    <aside class="panel card" aria-label={w.details} tabIndex={-1} ref={card} data-card={id}>
      <header class="panel-head">
        <h2>{device.callSign}</h2>
        <span class="id">{device.id}</span>
        <button
          type="button"
          class="icon-button close"
          aria-label={w.close}
          title={w.close}
          onClick={() => choose(null)}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="card-body">
        {own.map(condition => (
          <div
            class="card-condition"
            key={condition.code + condition.about}
            data-severity={condition.severity}
          >
            <Icon name={condition.severity} title={w.severity[condition.severity]} />
            <div>
              <b>{whatWords(condition)}</b>
              <p>{nextWords(condition)}</p>
            </div>
          </div>
        ))}
        <Facts device={device} />
        <Lanes device={device} />
        <Faults device={device} />
        {device.lanes.length > 0 && <Ledger device={device} />}
        {device.state !== 'revoked' && <Revoke id={id} />}
      </div>
    </aside>
  )
}

function Facts({ device }: { device: OperatorDevice }) {
  const w = words.value
  const aged = agedMs.value
  const age = (ms: number | null): string => (ms === null ? w.none : w.ago(ageWords(ms + aged)))
  return (
    <dl class="facts">
      <dt>{w.columns.state}</dt>
      <dd>{w.deviceStates[device.state]}</dd>
      <dt>{w.columns.link}</dt>
      <dd>{device.link === 'up' ? w.linkUp : w.linkDown}</dd>
      <dt>{w.heard}</dt>
      <dd class="num">{age(device.heardAgeMs)}</dd>
      <dt>{w.columns.fix}</dt>
      <dd class="num">{age(device.fixAgeMs)}</dd>
      <ReceiverFacts drivers={device.drivers} />
      <dt>{w.grid}</dt>
      <dd>{gridNames.value.get(device.homeGridId ?? '') ?? w.none}</dd>
      <dt>{w.columns.certificate}</dt>
      <dd class="num">
        {device.certificateNotAfter === null
          ? w.none
          : `${w.certDays(device.certificateDays ?? 0)} · ${timeWords(device.certificateNotAfter)}`}
      </dd>
      <dt>{w.columns.software}</dt>
      <dd class="id">{device.software ?? w.none}</dd>
      <dt>{w.columns.store}</dt>
      <dd>{device.store === null ? w.none : w.store[device.store]}</dd>
      <dt>{w.bytes}</dt>
      <dd class="num">{device.queue === null ? w.none : bytesWords(device.queue.bytes)}</dd>
    </dl>
  )
}

/** What the car knows of its battery and its receiver; a line is there when there is something to say. */
function ReceiverFacts({ drivers }: { drivers: OperatorDevice['drivers'] }) {
  const w = words.value
  const volts = drivers?.power?.batteryVolts ?? null
  const receiver = drivers?.receiver
  const refused = Refusal.options.filter(why => (receiver?.refused[why] ?? 0) > 0)
  return (
    <>
      {volts !== null && (
        <>
          <dt>{w.battery}</dt>
          <dd class="num" data-fact="battery">
            {w.volts(volts)}
          </dd>
        </>
      )}
      {receiver?.antenna !== undefined && (
        <>
          <dt>{w.antenna}</dt>
          <dd data-fact="antenna">{w.antennas[receiver.antenna]}</dd>
        </>
      )}
      {refused.length > 0 && (
        <>
          <dt>{w.fixesRefused}</dt>
          <dd data-fact="refused">
            {refused.map(why => `${w.refusals[why]} ${receiver?.refused[why]}`).join(' · ')}
          </dd>
        </>
      )}
    </>
  )
}

function Lanes({ device }: { device: OperatorDevice }) {
  const w = words.value
  const newest = device.lanes.at(-1)?.epoch
  const lanes = device.lanes.filter(lane => lane.epoch === newest)
  if (lanes.length === 0) return null
  const waiting = device.queue as Readonly<Record<string, number>> | null
  return (
    <table class="lanes">
      <caption>
        {w.epoch} <span class="id">{newest}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">{w.lane}</th>
          <th scope="col">{w.columns.queue}</th>
          <th scope="col">{w.upTo}</th>
          <th scope="col">{w.missing}</th>
          <th scope="col">{w.records}</th>
        </tr>
      </thead>
      <tbody>
        {lanes.map(({ lane, upTo, missing, records }) => (
          <tr key={lane}>
            <td>{w.lanes[lane as keyof typeof w.lanes] ?? lane}</td>
            <td class="num">{waiting?.[lane] ?? w.none}</td>
            <td class="num">{upTo}</td>
            <td class="num" data-bad={missing > 0}>
              {missing}
            </td>
            <td class="num">{records}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Faults({ device }: { device: OperatorDevice }) {
  const w = words.value
  return (
    <section>
      <h3>{w.driverFaults}</h3>
      {device.faults.length === 0 && <p class="sub">{w.noFaults}</p>}
      <ul class="faults">
        {device.faults.map(fault => (
          <li key={fault.driver}>
            <b>
              {fault.driver} · {fault.code}
            </b>
            <span class="num sub">{timeWords(fault.occurredAt)}</span>
            <p>{faultWords(fault)}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Ledger({ device }: { device: OperatorDevice }) {
  const w = words.value
  const lane = useSignal<string>('event')
  const purpose = useSignal('')
  const rows = useSignal<readonly LedgerRow[] | null>(null)
  const problem = useSignal<string | null>(null)
  const read = async (): Promise<void> => {
    const answer = await readRecords(
      device.id,
      device.lanes.at(-1)?.epoch ?? '',
      lane.value,
      purpose.value.trim(),
    )
    problem.value = answer.ok ? null : refusalWords(answer)
    if (answer.ok) rows.value = answer.value.records
  }
  return (
    <section class="ledger">
      <h3>{w.ledger}</h3>
      <p class="sub">{w.ledgerBody}</p>
      <form
        onSubmit={event => {
          event.preventDefault()
          void read()
        }}
      >
        <select
          aria-label={w.lane}
          value={lane.value}
          onChange={event => (lane.value = event.currentTarget.value)}
        >
          {LANES.map(name => (
            <option key={name} value={name}>
              {w.lanes[name]}
            </option>
          ))}
        </select>
        <input
          class="plain-input"
          aria-label={w.purpose}
          placeholder={w.purposeExample}
          required
          minLength={3}
          maxLength={200}
          value={purpose.value}
          onInput={event => (purpose.value = event.currentTarget.value)}
        />
        <button type="submit" class="button">
          {w.read}
        </button>
      </form>
      {problem.value !== null && (
        <p class="notice" data-kind="bad" role="alert">
          {problem.value}
        </p>
      )}
      {rows.value !== null && <Records rows={rows} />}
    </section>
  )
}

function Records({ rows }: { rows: Signal<readonly LedgerRow[] | null> }) {
  const w = words.value
  if (rows.value?.length === 0) return <p class="empty">{w.noRecords}</p>
  return (
    <ul class="records">
      {rows.value?.map(row => (
        <li key={row.eventId} data-event={row.eventId}>
          <span class="num">#{row.seq}</span>
          <b>{row.kind}</b>
          <time class="num">{timeWords(row.occurredAt)}</time>
          {row.body === LET_GO_BODY ? (
            <span class="sub" data-removed>
              {w.recordRemoved}
            </span>
          ) : (
            <code>{row.body}</code>
          )}
        </li>
      ))}
    </ul>
  )
}

function Revoke({ id }: { id: string }) {
  const w = words.value
  const asking = useSignal(false)
  const said = useSignal<{ kind: 'good' | 'bad'; text: string } | null>(null)
  const revoke = async (form: HTMLFormElement): Promise<void> => {
    const reason = String(new FormData(form).get('reason') ?? '').trim()
    const answer = await revokeDevice(id, reason)
    said.value = answer.ok ? { kind: 'good', text: w.revoked } : { kind: 'bad', text: refusalWords(answer) }
    if (answer.ok) asking.value = false
    void refresh()
  }
  return (
    <section class="revoke">
      {said.value !== null && (
        <p class="notice" data-kind={said.value.kind} role="status">
          {said.value.text}
        </p>
      )}
      {!asking.value ? (
        <button type="button" class="button is-danger" onClick={() => (asking.value = true)}>
          {w.revoke}
        </button>
      ) : (
        <form
          onSubmit={event => {
            event.preventDefault()
            void revoke(event.currentTarget)
          }}
        >
          <p>{w.revokeTitle}</p>
          <label class="field">
            <span>{w.revokeReason}</span>
            <input name="reason" required minLength={3} maxLength={200} autocomplete="off" />
          </label>
          <div class="actions">
            <button type="submit" class="button is-danger">
              {w.revokeDo}
            </button>
            <button type="button" class="button" onClick={() => (asking.value = false)}>
              {w.cancel}
            </button>
          </div>
        </form>
      )}
    </section>
  )
}
