/** Line icons of one weight, 20 x 20, drawn here so that nothing is fetched. */
const PATHS = {
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  moon: 'M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  close: 'M5 5l10 10M15 5L5 15',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  home: 'M3.5 8V3.5H8M12 3.5h4.5V8M16.5 12v4.5H12M8 16.5H3.5V12',
  target: 'M10 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 2v3.5M10 14.5V18M2 10h3.5M14.5 10H18',
  alarm: 'M10 2.5l8 14.5H2zM10 8v4.2M10 14.3v.4',
  unlink: 'M8 12l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7M12 8l1.5-1.5a2.8 2.8 0 0 1 4 4L15 13M3 3l14 14',
  light: 'M5 16h10M6.5 16v-4a3.5 3.5 0 0 1 7 0v4M10 3v2.5M4 5.5l1.5 1.5M16 5.5L14.5 7',
  siren: 'M3.5 8v4h3l4.5 3.5v-11L6.5 8zM13.5 7.5a3.5 3.5 0 0 1 0 5M15.5 5a7 7 0 0 1 0 10',
  record: 'M3 6.5h9.5v7H3zM12.5 9L17 6.5v7L12.5 11',
  door: 'M5 17V3.5h9V17M3 17h14M11.5 10.5v.1',
  rack: 'M3 7h11l3 2v2h-4l-1 2H8l-1.5 3.5H3.5L5 11H3z',
  queue: 'M4 5h12M4 10h12M4 15h7',
  chevron: 'M7 4l6 6-6 6',
  check: 'M4 10.5l4 4 8-9',
  layers: 'M10 3l7.5 4L10 11 2.5 7zM2.5 10.5L10 14.5l7.5-4M2.5 14L10 18l7.5-4',
  keyboard: 'M2.5 5.5h15v9h-15zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.5h7',
  print: 'M6 8V3h8v5M5.5 14H3V8h14v6h-2.5M6 12h8v5H6z',
  kiosk: 'M5 2.5h10v11H5zM7.5 17.5h5M10 13.5v4M8 6h4',
  reach:
    'M10 9a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM10 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l2.5 2',
  noEntry: 'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6 10h8',
  road: 'M6 17L8 3M14 17L12 3M10 4v2M10 9v2M10 14v2',
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
