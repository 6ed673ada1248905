import { NOSE, SHAPES } from '../look/shapes.ts'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { words } from '../words/words.ts'
import type { Palette } from './map-style.ts'

/** Pictures of the map, drawn on a canvas at twice their size for sharp screens. */
export const PIXEL_RATIO = 2

const BODY_PX = 27
const NOSE_BOX_PX = 54
const FONT = '"Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif'

export function mapImages(palette: Palette): Map<string, ImageData> {
  const images = new Map<string, ImageData>()
  for (const look of UNIT_LOOKS) {
    images.set(
      `unit-${look}`,
      draw(BODY_PX + 6, pen => body(pen, look, palette)),
    )
    images.set(
      `unit-${look}-stale`,
      draw(BODY_PX + 6, pen => staleBody(pen, look, palette)),
    )
    images.set(
      `nose-${look}`,
      draw(NOSE_BOX_PX, pen => nose(pen, look, palette)),
    )
  }
  images.set(
    'rank',
    draw(19, pen => disc(pen, 8.5, palette('rank'), palette('halo-strong'))),
  )
  images.set(
    'post-station',
    draw(20, pen => post(pen, palette, true)),
  )
  images.set(
    'post-duty',
    draw(18, pen => post(pen, palette, false)),
  )
  return images
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
  pen.translate(-12, -NOSE_BOX_PX / 2 + 1.5)
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

/** A small house for a police station, a flag for a duty station on the street. */
function post(pen: Pen, palette: Palette, station: boolean): void {
  const shape = new Path2D(station ? 'M-6.5 6.5v-7L0-7l6.5 6.5v7z' : 'M-4.5 7v-13h9.5l-2.5 3.5L5 1h-7.5v6z')
  pen.fillStyle = palette('post')
  pen.strokeStyle = palette('halo-strong')
  pen.lineWidth = 2
  pen.lineJoin = 'round'
  pen.stroke(shape)
  pen.fill(shape)
}
