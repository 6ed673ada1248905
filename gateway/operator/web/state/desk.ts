import { signal } from '@preact/signals'

/** What the operator looks at: which tab, which device, which of the list and in what order. */
export type Tab = 'devices' | 'codes' | 'gateway' | 'times'
export const TABS: readonly Tab[] = ['devices', 'codes', 'gateway', 'times']
export const tab = signal<Tab>('devices')

export type Filter = 'all' | 'trouble' | 'down' | 'stale'
export const FILTERS: readonly Filter[] = ['all', 'trouble', 'down', 'stale']
export const filter = signal<Filter>('all')
export const search = signal('')

export type Column =
  'state' | 'unit' | 'device' | 'link' | 'fix' | 'queue' | 'store' | 'certificate' | 'software' | 'faults'
export const COLUMNS: readonly Column[] = [
  'state',
  'unit',
  'device',
  'link',
  'fix',
  'queue',
  'store',
  'certificate',
  'software',
  'faults',
]
export const order = signal<{ readonly column: Column; readonly down: boolean }>({
  column: 'state',
  down: false,
})

/** The device whose details are open. */
export const chosen = signal<string | null>(null)
export const choose = (id: string | null): void => {
  chosen.value = id
  if (id !== null) tab.value = 'devices'
}
