import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Rows above and below what is in sight, so that a quick scroll shows no gap. */
const SPARE_ROWS = 6

/** Thousands of rows of one height, of which only those in sight exist. Screen readers hear how many there are. */
export function VirtualList<T>({
  items,
  rowPx,
  label,
  keyOf,
  children,
}: {
  items: readonly T[]
  rowPx: number
  label: string
  keyOf: (item: T) => string
  children: (item: T) => ComponentChildren
}) {
  const box = useRef<HTMLDivElement>(null)
  const top = useSignal(0)
  const heightPx = useSignal(900)
  useEffect(() => {
    const scroller = box.current
    if (scroller === null) return
    const observer = new ResizeObserver(() => (heightPx.value = scroller.clientHeight))
    observer.observe(scroller)
    return () => observer.disconnect()
  }, [])
  const first = Math.max(0, Math.floor(top.value / rowPx) - SPARE_ROWS)
  const end = Math.min(items.length, Math.ceil((top.value + heightPx.value) / rowPx) + SPARE_ROWS)
  return (
    <div
      class="virtual"
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={label}
      onScroll={event => (top.value = event.currentTarget.scrollTop)}
    >
      <ul style={{ height: `${items.length * rowPx}px` }}>
        {items.slice(first, end).map((item, n) => (
          <li
            key={keyOf(item)}
            aria-setsize={items.length}
            aria-posinset={first + n + 1}
            style={{ top: `${(first + n) * rowPx}px`, height: `${rowPx}px` }}
          >
            {children(item)}
          </li>
        ))}
      </ul>
    </div>
  )
}
