import type { OperatorDevice, OperatorView } from '#protocols/operator.ts'
import { choose, chosen, COLUMNS, filter, FILTERS, order, search } from '../state/desk.ts'
import type { Column, Filter } from '../state/desk.ts'
import { agedMs, gridNames } from '../state/picture.ts'
import { ageWords, words } from '../words/words.ts'
import { Icon } from './icons.tsx'

const SEVERITY_RANK = { alarm: 0, warn: 1, note: 2 } as const
const STORE_RANK = { poisoned: 0, memory: 1, repaired: 2, ok: 3 } as const
const queuedOf = ({ queue }: OperatorDevice): number =>
  queue === null ? -1 : queue.alarm + queue.event + queue.track + queue.diag

/** Smaller is worse, so that the first press of a column's head puts the worst on top. */
const KEY: Readonly<Record<Column, (device: OperatorDevice) => number | string>> = {
  state: d => (d.state === 'revoked' ? 5 : d.worst === null ? 3 : SEVERITY_RANK[d.worst]),
  unit: d => d.callSign,
  device: d => d.id,
  link: d => (d.link === 'up' ? 1 : 0),
  fix: d => -(d.fixAgeMs ?? Infinity),
  queue: d => -queuedOf(d),
  store: d => (d.store === null ? 4 : STORE_RANK[d.store]),
  certificate: d => d.certificateDays ?? Infinity,
  software: d => d.software ?? '',
  faults: d => -d.faults.length,
}

const PASSES: Readonly<Record<Filter, (device: OperatorDevice) => boolean>> = {
  all: () => true,
  trouble: d => d.worst !== null,
  down: d => d.link === 'down' && d.state === 'active',
  stale: d => d.freshness === 'stale' || d.freshness === 'never',
}

function shownOf(devices: readonly OperatorDevice[]): OperatorDevice[] {
  const wanted = search.value.trim().toLowerCase()
  const fits = (d: OperatorDevice): boolean =>
    wanted === '' ||
    [d.id, d.unitId, d.callSign, gridNames.value.get(d.homeGridId ?? '') ?? ''].some(text =>
      text.toLowerCase().includes(wanted),
    )
  const { column, down } = order.value
  const key = KEY[column]
  const compare = (a: OperatorDevice, b: OperatorDevice): number => {
    const [x, y] = [key(a), key(b)]
    const by =
      typeof x === 'string' ? x.localeCompare(String(y), 'zh-CN') : x === y ? 0 : x < Number(y) ? -1 : 1
    return (down ? -by : by) || a.id.localeCompare(b.id)
  }
  return devices.filter(d => PASSES[filter.value](d) && fits(d)).toSorted(compare)
}

/** Every device on one line, worst first until somebody sorts otherwise. */
export function DeviceTable({ view }: { view: OperatorView }) {
  const w = words.value
  const shown = shownOf(view.devices)
  return (
    <>
      <div class="table-tools">
        <label class="search-field">
          <Icon name="search" />
          <input
            type="search"
            id="find"
            placeholder={w.find}
            aria-label={w.find}
            value={search.value}
            onInput={event => (search.value = event.currentTarget.value)}
          />
        </label>
        <div class="segments" role="group" aria-label={w.columns.state}>
          {FILTERS.map(name => (
            <button
              key={name}
              type="button"
              aria-pressed={filter.value === name}
              onClick={() => (filter.value = name)}
            >
              {w.filters[name]} <span class="num">{view.devices.filter(PASSES[name]).length}</span>
            </button>
          ))}
        </div>
      </div>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={w.tabs.devices}>
        <table class="devices">
          <thead>
            <tr>
              {COLUMNS.map(column => (
                <ColumnHead key={column} column={column} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(device => (
              <Row key={device.id} device={device} aged={agedMs.value} />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p class="empty">{view.devices.length === 0 ? w.noDevices : w.nobody}</p>}
      </div>
    </>
  )
}

function ColumnHead({ column }: { column: Column }) {
  const w = words.value
  const { column: by, down } = order.value
  const sorted = by === column ? (down ? 'descending' : 'ascending') : 'none'
  return (
    <th scope="col" aria-sort={sorted} data-column={column}>
      <button
        type="button"
        title={w.sortedBy(w.columns[column])}
        onClick={() => (order.value = { column, down: by === column && !down })}
      >
        {w.columns[column]}
        <i aria-hidden="true" />
      </button>
    </th>
  )
}

function Row({ device, aged }: { device: OperatorDevice; aged: number }) {
  const w = words.value
  const days = device.certificateDays
  const queued = queuedOf(device)
  return (
    <tr
      data-device={device.id}
      data-worst={device.worst ?? 'fine'}
      data-state={device.state}
      aria-selected={chosen.value === device.id}
      onClick={() => choose(device.id)}
    >
      <td>
        <span class="mark" data-severity={device.worst ?? 'fine'}>
          {device.worst === null ? <Icon name="check" /> : <Icon name={device.worst} />}
          {device.state !== 'active'
            ? w.deviceStates[device.state]
            : device.worst === null
              ? w.fine
              : w.severity[device.worst]}
        </span>
      </td>
      <td>
        <button type="button" class="row-open" aria-label={`${w.details} ${device.callSign}`}>
          {device.callSign}
        </button>
      </td>
      <td class="id">{device.id}</td>
      <td data-bad={device.link === 'down' && device.state === 'active'}>
        {device.link === 'up' ? w.linkUp : w.linkDown}
      </td>
      <td class="num" data-fresh={device.freshness}>
        {device.fixAgeMs === null ? w.none : ageWords(device.fixAgeMs + aged)}
      </td>
      <td class="num">{queued < 0 ? w.none : queued}</td>
      <td data-bad={device.store === 'poisoned' || device.store === 'memory'}>
        {device.store === null ? w.none : w.store[device.store]}
      </td>
      <td class="num" data-bad={days !== null && days < 7}>
        {days === null ? w.none : w.certDays(days)}
      </td>
      <td class="id">{device.software ?? w.none}</td>
      <td class="num" data-bad={device.faults.length > 0}>
        {device.faults.length === 0 ? w.none : device.faults.length}
      </td>
    </tr>
  )
}
