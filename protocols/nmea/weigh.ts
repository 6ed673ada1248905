import type { CalendarDate } from './fields.ts'
import { isDop } from './readers.ts'
import { MPS_PER_KNOT } from './sentence.ts'
import type {
  Dtm,
  Gga,
  Gll,
  Gns,
  Gsa,
  Gst,
  Gsv,
  Mark,
  Own,
  Rmc,
  Rmz,
  Sentence,
  Vtg,
  Zda,
} from './sentence.ts'
import { Sky } from './sky.ts'
import { DATA, DOP, FORGET, MODE, PLACE, REPORT, SKY, START, TIME, Told } from './told.ts'
import type { Mode } from './told.ts'
import type { UbxReading } from './ubx.ts'

const DAY_MS = 86_400_000
/** As IHO S-60 and NMEA 0183 call it. */
const WGS_84 = 'W84'

/**
 * What a single sentence says, seen against what its epoch and the ones before have told: `next` holds the values, the
 * returned bits which of them count. The rules of belief live here:
 *
 *   RMC and GLL do not tell flat from full: a height known, or four satellites named, makes it full.
 *   GGA with a height and four satellites is full; GP or GN with fewer than three is a receiver remembering a place.
 *   GGA whose time stands still is a receiver that lost its fix and repeats it; its GSA is not believed either.
 *   RMC and GGA without any time are a receiver that has forgotten the date.
 */
export class Weigher {
  readonly told = new Told()
  readonly next = new Told()
  readonly sky = new Sky()
  /** As told up to now, and as the epoch before had told. Only dated ones. */
  readonly #last = new Told()
  readonly #before = new Told()
  #dayUtcMs: number | undefined
  #dayTimeMs = 0
  #ggaTimeMs: number | undefined
  #ggaTalker = ''
  #isStuck = false
  #foreignDatum: string | undefined

  weigh(reading: Sentence | UbxReading): number {
    this.next.clear()
    const { type } = reading
    this.sky.begin(type === 'GSA' || type === 'GSV' ? type : 'other')
    if (type === 'UBX') return this.#ubx(reading)
    const bits = this.#sentence(reading)
    const keepsFull =
      (bits & MODE) !== 0 &&
      this.told.mode === 3 &&
      this.next.mode !== 1 &&
      (this.#last.hasAltitude() || this.#before.hasAltitude())
    if (keepsFull) this.next.mode = 3
    return bits
  }

  /** Adds what was weighed to what the epoch has told. */
  merge(bits: number): void {
    const { told } = this
    told.merge(this.next, bits)
    told.foreignDatum = this.#foreignDatum
    const isDated = told.timeUtcMs !== undefined
    if (isDated && told.timeUtcMs !== this.#last.timeUtcMs) this.#before.remember(this.#last)
    told.complete(this.#before)
    if (isDated) this.#last.remember(told)
  }

  #sentence(s: Sentence): number {
    switch (s.type) {
      case 'RMC':
        return this.#rmc(s)
      case 'GGA':
        return this.#gga(s)
      case 'GNS':
        return this.#gns(s)
      case 'GLL':
        return this.#gll(s)
      case 'GSA':
        return this.#gsa(s)
      case 'GSV':
        return this.#gsv(s)
      case 'VTG':
        return this.#vtg(s)
      case 'ZDA':
        return this.#zda(s)
      case 'GST':
        return this.#gst(s)
      case 'RMZ':
        return this.#rmz(s)
      case 'OWN':
        return this.#own(s)
      case 'MARK':
        return this.#mark(s)
      case 'DTM':
        return this.#dtm(s)
      case 'TXT':
        return 0
    }
  }

  /** Holds until another one is told: many receivers tell it only now and then. */
  #dtm({ datum }: Dtm): number {
    if (datum !== '') this.#foreignDatum = datum === WGS_84 ? undefined : datum
    return 0
  }

  #rmc(rmc: Rmc): number {
    const { next, told } = this
    if (!rmc.valid) {
      next.mode = 1
      return rmc.timeMs === undefined || rmc.date === undefined ? this.#forget() | MODE : MODE
    }
    let bits = MODE
    if (rmc.timeMs !== undefined && rmc.date !== undefined) bits |= this.#dated(rmc.timeMs, rmc.date)
    next.mode = rmc.place === undefined ? 1 : this.#last.mode === 3 ? 3 : 2
    if (rmc.place !== undefined) {
      next.place = rmc.place
      bits |= PLACE
      if (this.sky.usedCount() > 3 || told.hasAltitude()) next.mode = 3
    }
    if (rmc.speedKn !== undefined) next.speedMps = rmc.speedKn * MPS_PER_KNOT
    next.trackDeg = rmc.trackDeg
    next.isEstimated = rmc.estimated === true
    return bits | DATA
  }

  #gga(gga: Gga): number {
    const { next } = this
    const quality = gga.quality ?? 0
    let bits = MODE
    if (quality === 0 && gga.timeMs === undefined) bits |= this.#forget()
    this.#isStuck = this.#ggaTalker === gga.talker && gga.timeMs === this.#ggaTimeMs
    this.#ggaTalker = gga.talker
    this.#ggaTimeMs = gga.timeMs
    this.sky.takeCount(gga.satsUsed)
    if (gga.timeMs !== undefined) bits |= this.#dated(gga.timeMs)
    next.mode = 1
    if (quality > 0 && gga.place !== undefined) {
      next.place = gga.place
      next.altMslM = gga.altMslM
      next.mode = this.#ggaMode(gga)
      bits |= PLACE
    }
    if (this.#isStuck) next.mode = 1
    next.isEstimated = quality === 6
    next.isSimulated = quality === 7 || quality === 8
    return bits | this.#dop(gga.hdop)
  }

  #ggaMode(gga: Gga): Mode {
    const used = gga.satsUsed ?? 0
    if (used < 3 && (gga.talker === 'GP' || gga.talker === 'GN')) return 1
    return gga.altMslM !== undefined && used >= 4 ? 3 : 2
  }

  #gns(gns: Gns): number {
    const { next } = this
    let bits = gns.timeMs === undefined ? 0 : this.#dated(gns.timeMs)
    next.mode = 1
    if (!/[^N]/.test(gns.modes)) return bits | MODE
    if (gns.disowned === true) return bits
    bits |= MODE
    this.sky.takeCount(gns.satsUsed)
    if (gns.place !== undefined) {
      next.place = gns.place
      next.altMslM = gns.altMslM
      next.mode = gns.altMslM !== undefined && (gns.satsUsed ?? 0) > 3 ? 3 : 2
      bits |= PLACE
    }
    next.isEstimated = /^[NE]*$/.test(gns.modes)
    next.isSimulated = gns.modes.startsWith('S') || gns.modes.startsWith('M')
    return bits | this.#dop(gns.hdop)
  }

  #gll(gll: Gll): number {
    const { next, told } = this
    const bits = (gll.timeMs === undefined ? 0 : this.#dated(gll.timeMs)) | MODE
    next.mode = 1
    if (!gll.valid || gll.place === undefined) return bits
    next.place = gll.place
    next.mode =
      told.hasAltitude() || this.sky.usedCount() > 3
        ? 3
        : told.mode < 2 || !this.#before.hasAltitude()
          ? 2
          : told.mode
    next.isEstimated = gll.estimated === true
    return bits | PLACE
  }

  #gsa(gsa: Gsa): number {
    if (this.#isStuck) return 0
    const { next } = this
    const counts = this.sky.takeGsa(gsa)
    next.hdop = gsa.hdop
    if (counts === 'none') return 0
    if (gsa.mode !== undefined) next.mode = gsa.mode
    const mode = gsa.mode === undefined ? 0 : MODE
    return counts === 'mode' ? MODE & mode : mode | DATA | (isDop(gsa.hdop) ? DOP : 0)
  }

  #gsv(gsv: Gsv): number {
    return this.sky.takeGsv(gsv) ? SKY : 0
  }

  #vtg(vtg: Vtg): number {
    if (!vtg.valid || vtg.trackDeg === undefined || vtg.speedKn === undefined) return 0
    this.next.trackDeg = vtg.trackDeg
    this.next.speedMps = vtg.speedKn * MPS_PER_KNOT
    return DATA
  }

  #zda(zda: Zda): number {
    return zda.timeMs === undefined || zda.date === undefined ? 0 : this.#dated(zda.timeMs, zda.date)
  }

  #gst(gst: Gst): number {
    if (gst.latErrorM === undefined || gst.lonErrorM === undefined) return 0
    this.next.accuracyM = Math.hypot(gst.latErrorM, gst.lonErrorM)
    return DATA
  }

  #rmz(rmz: Rmz): number {
    this.next.altMslM = rmz.altMslM
    if (rmz.mode !== undefined) this.next.mode = rmz.mode
    return (rmz.mode === undefined ? 0 : MODE) | (rmz.altMslM === undefined ? 0 : DATA)
  }

  #own(own: Own): number {
    const { next } = this
    next.mode = own.mode
    let bits = MODE | (own.name === 'PASHR' ? START : 0)
    if (own.mode === 1) return bits
    if (own.timeMs !== undefined && (own.name === 'PASHR' || own.name === 'PUBX' || own.date !== undefined))
      bits |= this.#dated(own.timeMs, own.date)
    if (own.satsUsed !== undefined) this.sky.takeCount(own.satsUsed)
    if (own.place !== undefined) bits |= PLACE
    next.place = own.place
    next.altMslM = own.altMslM
    next.altHaeM = own.altHaeM
    next.speedMps = own.speedMps
    next.trackDeg = own.trackDeg
    next.speedYields = own.name === 'PSTI'
    next.isEstimated = own.estimated === true
    return bits | DATA | this.#dop(own.hdop)
  }

  #mark(mark: Mark): number {
    if (mark.name === 'PERC') {
      if (mark.hasSky === true) this.sky.repeat()
      return mark.hasSky === true ? SKY | DATA : DATA
    }
    if (mark.timeMs === undefined) return 0
    const bits = mark.name === 'GBS' ? DATA : this.#dated(mark.timeMs, mark.date)
    return bits | (mark.hasDop === true ? DOP : 0)
  }

  #ubx(ubx: UbxReading): number {
    const { next } = this
    let bits = ubx.ends === true ? REPORT : 0
    if (ubx.utcMs !== undefined) {
      next.timeUtcMs = ubx.utcMs
      this.#dayUtcMs = ubx.utcMs - (((ubx.utcMs % DAY_MS) + DAY_MS) % DAY_MS)
      this.#dayTimeMs = ubx.utcMs - this.#dayUtcMs
      bits |= TIME
    }
    if (ubx.mode !== undefined) {
      next.mode = ubx.mode
      bits |= MODE
    }
    if (ubx.place !== undefined) bits |= PLACE
    next.place = ubx.place
    next.altMslM = ubx.altMslM
    next.altHaeM = ubx.altHaeM
    next.speedMps = ubx.speedMps
    next.trackDeg = ubx.trackDeg
    next.accuracyM = ubx.accuracyM
    next.placeYields = ubx.isDerived === true
    next.speedYields = ubx.isDerived === true
    next.isEstimated = ubx.estimated === true
    next.isSimulated = ubx.isFixedPlace === true
    next.hdop = ubx.hdop
    if (ubx.rows !== undefined) {
      this.sky.takeAll(ubx.rows)
      bits |= SKY
    }
    return bits | (ubx.hasDop === true ? DOP : 0)
  }

  #dop(hdop: number | undefined): number {
    this.next.hdop = hdop
    return isDop(hdop) ? DOP : 0
  }

  /** Date and time of day joined; a day told earlier is carried over midnight. No bit while no date is known. */
  #dated(timeMs: number, date?: CalendarDate): number {
    if (date !== undefined) this.#dayUtcMs = Date.UTC(date.year, date.month - 1, date.day)
    // Half a day back is midnight; a few seconds back is a receiver correcting itself.
    else if (this.#dayUtcMs !== undefined && this.#dayTimeMs - timeMs > DAY_MS / 2) this.#dayUtcMs += DAY_MS
    if (this.#dayUtcMs === undefined) return 0
    this.#dayTimeMs = timeMs
    this.next.timeUtcMs = this.#dayUtcMs + timeMs
    return TIME
  }

  #forget(): number {
    this.#dayUtcMs = undefined
    return FORGET | TIME | REPORT
  }
}
