/** Line icons of one weight, 20 x 20, drawn here so that nothing is fetched. */
const PATHS = {
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  moon: 'M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  close: 'M5 5l10 10M15 5L5 15',
  alarm: 'M10 2.5l8 14.5H2zM10 8v4.2M10 14.3v.4',
  warn: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v5M10 13.4v.4',
  note: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9v5M10 6.2v.4',
  check: 'M4 10.5l4 4 8-9',
  unlink: 'M8 12l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7M12 8l1.5-1.5a2.8 2.8 0 0 1 4 4L15 13M3 3l14 14',
  next: 'M4 10h11M10.5 5.5L15 10l-4.5 4.5',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, title }: { name: IconName; title?: string }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      role={title === undefined ? 'presentation' : 'img'}
      aria-label={title}
    >
      {title !== undefined && <title>{title}</title>}
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Five minutes on a clock face, and the car that is on its way. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13" />
      <path class="logo-arc" d="M16 3a13 13 0 0 1 11.3 6.5" />
      <path class="logo-car" d="M16 8.5 21.5 22 16 19l-5.5 3z" />
    </svg>
  )
}
