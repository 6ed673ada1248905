import type { CoverageColour } from '#protocols/coverage.ts'
import { COLOUR_SHAPES, NOSE, SHAPES } from '../look/shapes.ts'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { words } from '../words/words.ts'
import type { Palette } from './map-style.ts'

/** Pictures of the map, drawn on a canvas at twice their size for sharp screens. */
export const PIXEL_RATIO = 2

const BODY_PX = 27
/** Every sprite of the sheet has this room; what it needs is told beside it. */
export const SPRITE_PX = 54
const SHEET_COLUMNS = 8
const FONT = '"Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif'

export const RANKS = [1, 2, 3, 4, 5] as const

/** All marks of units on one canvas: cells of `SPRITE_PX`, row after row. */
export type SpriteSheet = {
  readonly canvas: HTMLCanvasElement
  readonly columns: number
  readonly rows: number
  /** Cell of a sprite, counted from the top left, and the width it is drawn with. */
  readonly spriteOf: (name: string) => { readonly cell: number; readonly sizePx: number }
}

export function unitSprites(palette: Palette): SpriteSheet {
  const sprites: (readonly [name: string, sizePx: number, paint: (pen: Pen) => void])[] = [
    ...UNIT_LOOKS.flatMap(look => [
      [`body ${look}`, BODY_PX + 7, (pen: Pen) => body(pen, look, palette)] as const,
      [`stale ${look}`, BODY_PX + 7, (pen: Pen) => staleBody(pen, look, palette)] as const,
      [`nose ${look}`, SPRITE_PX, (pen: Pen) => nose(pen, look, palette)] as const,
    ]),
    ['chosen', 48, pen => ring(pen, 21, palette('chosen'))],
    ['panic', SPRITE_PX, pen => ring(pen, 24, palette('unit-emergency'))],
    ...RANKS.map(rank => [`rank ${rank}`, 20, (pen: Pen) => rankDisc(pen, rank, palette)] as const),
  ]
  const rows = Math.ceil(sprites.length / SHEET_COLUMNS)
  const canvas = document.createElement('canvas')
  canvas.width = SHEET_COLUMNS * SPRITE_PX * PIXEL_RATIO
  canvas.height = rows * SPRITE_PX * PIXEL_RATIO
  const pen = canvas.getContext('2d')
  const places = new Map<string, { readonly cell: number; readonly sizePx: number }>()
  for (const [cell, [name, sizePx, paint]] of sprites.entries()) {
    places.set(name, { cell, sizePx })
    if (pen === null) continue
    pen.save()
    pen.scale(PIXEL_RATIO, PIXEL_RATIO)
    pen.translate(
      ((cell % SHEET_COLUMNS) + 0.5) * SPRITE_PX,
      (Math.floor(cell / SHEET_COLUMNS) + 0.5) * SPRITE_PX,
    )
    paint(pen)
    pen.restore()
  }
  const none = { cell: 0, sizePx: 0 }
  return { canvas, columns: SHEET_COLUMNS, rows, spriteOf: name => places.get(name) ?? none }
}

/** A name with its halo in the middle of a canvas of its own, for the label sheet. */
export function drawLabel(pen: CanvasRenderingContext2D, text: string, ink: string, halo: string): void {
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height)
  pen.font = `600 ${12 * PIXEL_RATIO}px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  pen.lineWidth = 3.4 * PIXEL_RATIO
  pen.strokeStyle = halo
  pen.fillStyle = ink
  pen.strokeText(text, pen.canvas.width / 2, pen.canvas.height / 2, pen.canvas.width)
  pen.fillText(text, pen.canvas.width / 2, pen.canvas.height / 2, pen.canvas.width)
}

/** Pictures for MapLibre's own layers: what stands still. */
export function mapImages(palette: Palette): Map<string, ImageData> {
  return new Map([
    ['arrow-head', draw(18, pen => arrowHead(pen, palette))],
    ['move-up-place', draw(18, pen => ringPlace(pen, palette))],
    ['post-station', draw(20, pen => post(pen, palette, 'station'))],
    ['post-duty', draw(18, pen => post(pen, palette, 'post'))],
    ['post-joint', draw(16, pen => post(pen, palette, 'joint'))],
    ...(['black', 'red', 'blue', 'green', 'unknown'] as const).map(
      colour => [`colour-${colour}`, draw(22, pen => colourBadge(pen, colour, palette))] as const,
    ),
    ...(['black', 'red', 'unknown'] as const).map(
      colour => [`hatch-${colour}`, draw(12, pen => hatch(pen, colour, palette))] as const,
    ),
  ])
}

type Pen = CanvasRenderingContext2D

function draw(sizePx: number, paint: (pen: Pen) => void): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = sizePx * PIXEL_RATIO
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  if (pen === null) return new ImageData(1, 1)
  pen.scale(PIXEL_RATIO, PIXEL_RATIO)
  pen.translate(sizePx / 2, sizePx / 2)
  paint(pen)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

/** Runs `paint` in the 24 x 24 box of the shapes, centred. */
function inBox(pen: Pen, sizePx: number, paint: () => void): void {
  pen.save()
  pen.scale(sizePx / 24, sizePx / 24)
  pen.translate(-12, -12)
  paint()
  pen.restore()
}

function body(pen: Pen, look: UnitLook, palette: Palette): void {
  const shape = new Path2D(SHAPES[look])
  inBox(pen, BODY_PX, () => {
    pen.strokeStyle = palette('unit-edge')
    pen.lineWidth = 3.4
    pen.lineJoin = 'round'
    pen.stroke(shape)
    pen.fillStyle = palette(`unit-${look}`)
    pen.fill(shape)
  })
  letter(pen, look, palette('unit-ink'))
}

/** Hollow, hatched and dashed: a place we no longer vouch for. */
function staleBody(pen: Pen, look: UnitLook, palette: Palette): void {
  const shape = new Path2D(SHAPES[look])
  inBox(pen, BODY_PX, () => {
    pen.fillStyle = palette('halo-strong')
    pen.fill(shape)
    pen.save()
    pen.clip(shape)
    pen.strokeStyle = palette('stale')
    pen.globalAlpha = 0.55
    pen.lineWidth = 1.6
    for (let x = -24; x < 24; x += 4.5) {
      pen.beginPath()
      pen.moveTo(x, 24)
      pen.lineTo(x + 24, 0)
      pen.stroke()
    }
    pen.restore()
    pen.strokeStyle = palette('stale')
    pen.lineWidth = 2
    pen.setLineDash([4, 2.6])
    pen.stroke(shape)
  })
  disc(pen, 7.4, palette('halo-strong'), null)
  letter(pen, look, palette('stale-ink'))
}

function nose(pen: Pen, look: UnitLook, palette: Palette): void {
  pen.translate(-12, -SPRITE_PX / 2 + 1.5)
  const shape = new Path2D(NOSE)
  pen.strokeStyle = palette('unit-edge')
  pen.lineWidth = 2.6
  pen.lineJoin = 'round'
  pen.stroke(shape)
  pen.fillStyle = palette(`unit-${look}`)
  pen.fill(shape)
}

function letter(pen: Pen, look: UnitLook, colour: string): void {
  const text = words.value.unitGlyphs[look]
  pen.font = `bold 14px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'alphabetic'
  pen.fillStyle = colour
  // Centred by the ink of this very letter: font metrics differ too much between desks.
  const { actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = pen.measureText(text)
  pen.fillText(text, 0, (up - down) / 2)
}

function disc(pen: Pen, radius: number, fill: string, edge: string | null): void {
  pen.beginPath()
  pen.arc(0, 0, radius, 0, Math.PI * 2)
  pen.fillStyle = fill
  pen.fill()
  if (edge === null) return
  pen.strokeStyle = edge
  pen.lineWidth = 1.5
  pen.stroke()
}

function ring(pen: Pen, radius: number, colour: string): void {
  pen.beginPath()
  pen.arc(0, 0, radius, 0, Math.PI * 2)
  pen.globalAlpha = 0.22
  pen.fillStyle = colour
  pen.fill()
  pen.globalAlpha = 1
  pen.strokeStyle = colour
  pen.lineWidth = 2.5
  pen.stroke()
}

function rankDisc(pen: Pen, rank: number, palette: Palette): void {
  disc(pen, 8.5, palette('rank'), palette('halo-strong'))
  pen.font = `bold 11px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillStyle = palette('rank-ink')
  pen.fillText(String(rank), 0, 0.5)
}

const POST_SHAPES = {
  /** A small house. */
  station: 'M-6.5 6.5v-7L0-7l6.5 6.5v7z',
  /** A flag on the street. */
  post: 'M-4.5 7v-13h9.5l-2.5 3.5L5 1h-7.5v6z',
  /** A shield. */
  joint: 'M0-6l5 1.8v4.2c0 3-2 5-5 6.5-3-1.5-5-3.5-5-6.5v-4.2z',
} as const

function post(pen: Pen, palette: Palette, kind: keyof typeof POST_SHAPES): void {
  const shape = new Path2D(POST_SHAPES[kind])
  pen.fillStyle = palette(kind === 'joint' ? 'joint' : 'post')
  pen.strokeStyle = palette('halo-strong')
  pen.lineWidth = 2
  pen.lineJoin = 'round'
  pen.stroke(shape)
  pen.fill(shape)
}

/** The letter of a warning colour in its own shape: a grid says its colour to everybody. */
function colourBadge(pen: Pen, colour: CoverageColour, palette: Palette): void {
  const shape = new Path2D(COLOUR_SHAPES[colour])
  inBox(pen, 20, () => {
    pen.strokeStyle = palette('halo-strong')
    pen.lineWidth = 3
    pen.lineJoin = 'round'
    pen.stroke(shape)
    pen.fillStyle = palette(`warn-${colour}`)
    pen.fill(shape)
  })
  pen.font = `bold 11px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillStyle = palette(`warn-${colour}-ink`)
  pen.fillText(words.value.colourGlyphs[colour], 0, 0.5)
}

/** Diagonals for black, dots for red, a cross-hatch for unknown; they meet at the edges when tiled. */
function hatch(pen: Pen, colour: 'black' | 'red' | 'unknown', palette: Palette): void {
  pen.strokeStyle = pen.fillStyle = palette(`warn-${colour}`)
  pen.globalAlpha = 0.55
  pen.lineWidth = 1.2
  const line = (x1: number, y1: number, x2: number, y2: number): void => {
    pen.beginPath()
    pen.moveTo(x1, y1)
    pen.lineTo(x2, y2)
    pen.stroke()
  }
  if (colour === 'red') {
    for (const [x, y] of [
      [-3, -3],
      [3, 3],
    ] as const) {
      pen.beginPath()
      pen.arc(x, y, 1.1, 0, Math.PI * 2)
      pen.fill()
    }
    return
  }
  for (const shift of [-12, 0, 12]) {
    line(-6 + shift, 6, 6 + shift, -6)
    if (colour === 'unknown') line(-6 + shift, -6, 6 + shift, 6)
  }
}

/** Points along the line it stands on. */
function arrowHead(pen: Pen, palette: Palette): void {
  pen.beginPath()
  pen.moveTo(6, 0)
  pen.lineTo(-4, -6)
  pen.lineTo(-1.5, 0)
  pen.lineTo(-4, 6)
  pen.closePath()
  pen.fillStyle = palette('move-up')
  pen.strokeStyle = palette('halo-strong')
  pen.lineWidth = 1.4
  pen.stroke()
  pen.fill()
}

/** Where somebody is wanted to stand by. */
function ringPlace(pen: Pen, palette: Palette): void {
  for (const [radius, width, colour] of [
    [6, 5, 'halo-strong'],
    [6, 2.5, 'move-up'],
  ] as const) {
    pen.beginPath()
    pen.arc(0, 0, radius, 0, 2 * Math.PI)
    pen.strokeStyle = palette(colour)
    pen.lineWidth = width
    pen.stroke()
  }
}
