import { localDay } from '#protocols/time.ts'

/** Numbers for people, counted per local day: `JQ-20261124-0007`. After 9999 the number simply grows longer. */
export class IncidentNumbers {
  private readonly lastOfDay = new Map<string, number>()

  next(utcMs: number): string {
    const day = localDay(utcMs)
    const count = (this.lastOfDay.get(day) ?? 0) + 1
    this.lastOfDay.set(day, count)
    return `JQ-${day}-${String(count).padStart(4, '0')}`
  }

  /** A number given before a restart is never given again. */
  seen(number: string): void {
    const match = /^JQ-(\d{8})-(\d+)$/.exec(number)
    if (match?.[1] === undefined) return
    this.lastOfDay.set(match[1], Math.max(this.lastOfDay.get(match[1]) ?? 0, Number(match[2])))
  }
}
