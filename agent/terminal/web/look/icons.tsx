/** Line icons of one weight, 20 x 20, drawn here so that nothing is fetched. */
const PATHS = {
  moon: 'M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  alarm: 'M10 2.5l8 14.5H2zM10 8v4.2M10 14.3v.4',
  lightbar: 'M5 16h10M6.5 16v-4a3.5 3.5 0 0 1 7 0v4M10 3v2.5M4 5.5l1.5 1.5M16 5.5L14.5 7',
  siren: 'M3.5 8v4h3l4.5 3.5v-11L6.5 8zM13.5 7.5a3.5 3.5 0 0 1 0 5M15.5 5a7 7 0 0 1 0 10',
  mute: 'M3.5 8v4h3l4.5 3.5v-11L6.5 8zM14 8l4 4M18 8l-4 4',
  camera: 'M3 6.5h9.5v7H3zM12.5 9L17 6.5v7L12.5 11',
  door: 'M5 17V3.5h9V17M3 17h14M11.5 10.5v.1',
  rack: 'M3 7h11l3 2v2h-4l-1 2H8l-1.5 3.5H3.5L5 11H3z',
  ignition: 'M10 3v6M6 5.2a6.3 6.3 0 1 0 8 0',
  battery: 'M2.5 6.5h15v9h-15zM5 6.500v-2h2v2M13 6.500v-2h2v2M5 10.500h3M12.5 10.500h3M14 9v3',
  brake:
    'M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM10 7v3.4M10 12.7v.3M3.4 5a8.6 8.6 0 0 0 0 10M16.6 5a8.6 8.6 0 0 1 0 10',
  check: 'M4 10.5l4 4 8-9',
  cross: 'M5 5l10 10M15 5L5 15',
  link: 'M3 17h2v-3H3zM7.5 17h2v-6h-2zM12 17h2V7.500h-2zM16.5 17h2V3h-2z',
  unlink: 'M3 17h2v-3H3zM7.5 17h2v-6h-2zM12.5 4l5 5M17.5 4l-5 5',
  waiting: 'M5 3h10M5 17h10M6 3c0 4 4 5 4 7s-4 3-4 7M14 3c0 4-4 5-4 7s4 3 4 7',
  target: 'M10 5.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 2v3.500M10 14.500V18M2 10h3.500M14.5 10H18',
  search: 'M9 3.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l2.5 2',
  stop: 'M6.8 3h6.400L17 6.800v6.400L13.2 17H6.800L3 13.200V6.800zM6.5 10h7',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
