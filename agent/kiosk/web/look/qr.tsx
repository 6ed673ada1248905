import { create } from 'qrcode/lib/core/qrcode.js'

/** Two modules of margin are in the frame around it. */
const MARGIN = 2

/** A QR code as one path: no image, no markup from a library, nothing the content policy would refuse. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules
  let path = ''
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) if (data[y * size + x]) path += `M${x + MARGIN} ${y + MARGIN}h1v1h-1z`
  const side = size + 2 * MARGIN
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect class="qr-ground" width={side} height={side} />
      <path class="qr-ink" d={path} />
    </svg>
  )
}
