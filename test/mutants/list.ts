/** One control or check of our own code taken away: `find`, which is there exactly once, becomes `replace`. */
export type Mutant = {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Each must be found by the city that breaks. A checker that lets one of them live proves nothing. */
export const MUTANTS: readonly Mutant[] = [
  // The store of a car.
  {
    name: 'accepted before it is written',
    file: 'agent/outbox/group-commit.ts',
    find: '    return () => settle(result)\n  }\n\n  /** Of positions',
    replace: '    settle(result)\n    return () => {}\n  }\n\n  /** Of positions',
  },
  {
    name: 'goes on with a handle that failed',
    file: 'agent/outbox/group-commit.ts',
    find: '    this.#refuseAll(String(error), group)\n    if (this.#reopenDue) return',
    replace:
      '    for (const call of group) call.settle(poisoned(String(error)))\n    if (group.length >= 0) return',
  },
  {
    name: 'a failed store is never opened again',
    file: 'agent/outbox/group-commit.ts',
    find: '    this.#reopenMs = REOPEN_FIRST_MS\n    this.#reopenLater()',
    replace: '    this.#reopenMs = REOPEN_FIRST_MS',
  },
  {
    name: 'a write that hung is believed',
    file: 'agent/outbox/group-commit.ts',
    find: "        if (hung) throw new Error('a write returned too late to be believed')\n",
    replace: '',
  },
  {
    name: 'the sum of an ack is not compared',
    file: 'agent/outbox/group-commit.ts',
    find: '(await this.#sumAt(lane, upTo)) !== sum)',
    replace: 'sum === "")',
  },
  {
    name: 'no mark outside the store',
    file: 'agent/outbox/open-store.ts',
    find: '    await store.write(changes, mark)\n    await file.write(mark)',
    replace: '    await store.write(changes, mark)',
  },
  {
    name: 'a store carried over keeps its epoch',
    file: 'agent/outbox/open-store.ts',
    find: '  const epoch = settings.mintEpoch()\n  const salvage',
    replace: '  const epoch = file.mark?.epoch ?? settings.mintEpoch()\n  const salvage',
  },
  {
    name: 'thinning without a receipt',
    file: 'agent/outbox/group-plan.ts',
    find: 'const drafts = [gapDraft(body, stamp), ...(remains',
    replace: 'const drafts = [...(remains',
  },
  {
    name: 'the bound of the store does not count',
    file: 'agent/outbox/group-plan.ts',
    find: '    if (bytes === 0) return null\n',
    replace: '    if (bytes >= 0) return null\n',
  },
  {
    name: 'events are shed before positions',
    file: 'agent/outbox/shedding.ts',
    find: "export const SHEDDABLE = ['diag', 'track']",
    replace: "export const SHEDDABLE = ['event', 'diag', 'track']",
  },
  {
    name: 'notes are not written',
    file: 'agent/outbox/group-plan.ts',
    find: '    this.#changes.push({ key: noteKey(key), value: text ?? null })\n',
    replace: '',
  },
  {
    name: 'the boot scan finds every store whole',
    file: 'agent/outbox/boot-scan.ts',
    find: 'whole: this.#complaints.size === 0,',
    replace: 'whole: true,',
  },
  {
    name: 'the boot scan does not see what is missing at the end',
    file: 'agent/outbox/boot-scan.ts',
    find: '    if (this.#next <= top) this.#miss(this.#next, top)\n',
    replace: '',
  },
  {
    name: 'what is missing is not called lost',
    file: 'agent/outbox/boot-scan.ts',
    find: '    if (last > this.#acked) this.lost.push(',
    replace: '    if (last < 0) this.lost.push(',
  },
  {
    name: 'what a repair lost is not receipted',
    file: 'agent/outbox/salvage.ts',
    find: '      this.#tell(lane, [[first, next[lane] - 1]], { epoch: epoch ?? foundEpoch, ranges }, stamp)\n',
    replace: '      void [first, epoch, stamp]\n',
  },
  {
    name: 'a receipt of thinning that rotted is not missed',
    file: 'agent/outbox/boot-scan.ts',
    find: 'missingIn(this.#toldOf(lane, known?.losses ?? []), lanes[lane].shed)',
    replace: '[]',
  },
  {
    name: 'a receipt of thinning is forgotten once it is carried over',
    file: 'agent/outbox/salvage.ts',
    find: ', ...thinnedBy(record, seq)',
    replace: '',
  },
  {
    name: 'a record carried over does not name its origin',
    file: 'agent/outbox/salvage.ts',
    find: '      ...(origin && { origin }),\n',
    replace: '      ...(origin === null && { origin }),\n',
  },
  {
    name: 'an origin is the last name and not the first',
    file: 'agent/outbox/salvage.ts',
    find: 'origin ?? { epoch, seq, sum }',
    replace: '(origin && null) ?? { epoch, seq, sum }',
  },
  {
    name: 'half a mark is taken for a whole one',
    file: 'agent/outbox/mark.ts',
    find: "  if (digest(text) !== sealed.slice(0, 64)) return 'broken'\n",
    replace: '',
  },
  // The way up.
  {
    name: 'never connects again',
    file: 'agent/uplink/carrier.ts',
    find: 'if (!stopped) cancelRetry = clock.after(afterMs, connect)',
    replace: 'if (stopped) cancelRetry = clock.after(afterMs, connect)',
  },
  {
    name: 'a rollback is not answered by a new epoch',
    file: 'agent/uplink/carrier.ts',
    find: '        void outbox.renew().then(result => {',
    replace: '        void outbox.append([], []).then(result => {',
  },
  {
    name: 'a store that could not look is taken for one that did',
    file: 'agent/uplink/carrier.ts',
    find: "      else feed({ type: 'unfreed', lane, upTo, sum })",
    replace: "      else feed({ type: 'freed', lane, ranges: outbox.ranges() })",
  },
  {
    name: 'what a ledger put back forgot is not sent again',
    file: 'agent/uplink/delivery.ts',
    find: '  state.acked[lane] = from\n  state.sent[lane] = from\n',
    replace: '',
  },
  {
    name: 'an alarm the store refused is not told unstored',
    file: 'agent/vehicle/panic.ts',
    find: "  return [{ type: 'unstored', id, kind: 'panic', body: pending.body, occurred: pending.pressed }, ...answer]",
    replace: '  return answer',
  },
  {
    name: 'an unstored alarm is said once',
    file: 'agent/uplink/unstored.ts',
    find: '    this.#waiting.set(alarm.id, { alarm, sentMonoMs: -Infinity, heldBy: null })',
    replace: '    this.#waiting.set(alarm.id, { alarm, sentMonoMs: Infinity, heldBy: null })',
  },
  // Orders.
  {
    name: 'the signature of an order is not checked',
    file: 'protocols/crypto/order-signature.ts',
    find: '  if (!genuine) return fault',
    replace: '  if (genuine === null) return fault',
  },
  {
    name: 'an order for another car is carried out',
    file: 'protocols/crypto/order-signature.ts',
    find: 'if (order.data.deviceId !== deviceId)',
    replace: 'if (deviceId === "")',
  },
  {
    name: 'a replayed order is carried out',
    file: 'agent/vehicle/order-inbox.ts',
    find: '  if (isReplayed(state.nonces, order)) {',
    replace: '  if (isReplayed({ ...state.nonces, used: [] }, order)) {',
  },
  {
    name: 'nonces do not survive a boot',
    file: 'agent/vehicle/order-inbox.ts',
    find: '  const notes = [ordersNote(state), moveUpNote(state), { key: NONCES_NOTE, value: state.nonces }]',
    replace: '  const notes = [ordersNote(state), moveUpNote(state)]',
  },
  {
    name: 'a nonce is forgotten when its receipt is stored',
    file: 'agent/vehicle/completions.ts',
    find: '      if (!result.ok) state.nonces = forgetNonce',
    replace: '      if (result.ok) state.nonces = forgetNonce',
  },
  {
    name: 'the age of a window does not count',
    file: 'agent/vehicle/orders.ts',
    find: 'export const WINDOW_LIFE_MS = 30_000',
    replace: 'export const WINDOW_LIFE_MS = Infinity',
  },
  {
    name: 'any window will do',
    file: 'agent/vehicle/order-inbox.ts',
    find: 'const fresh = window !== undefined && now.monoMs - window.madeMonoMs <= WINDOW_LIFE_MS',
    replace: 'const fresh = window === undefined || now.monoMs - window.madeMonoMs <= WINDOW_LIFE_MS',
  },
  {
    name: 'a cancel that comes first is forgotten',
    file: 'agent/vehicle/order-inbox.ts',
    find: '  const late = state.nonces.cancelled.includes(order.orderId)',
    replace: '  const late = order.orderId === ""',
  },
  {
    name: 'orders without a receipt are not sent again',
    file: 'gateway/dispatch/orders.ts',
    find: '      times.sentMonoMs = now.monoMs\n      due.push(row.order)',
    replace: '      times.sentMonoMs = Infinity\n      due.push(row.order)',
  },
  // The centre.
  {
    name: 'a record is taken as often as it comes',
    file: 'gateway/intake/lane-book.ts',
    find: '  if (!excused && rangeAt(book.received, seq) !== undefined) {',
    replace: '  if (!excused && seq < 0) {',
  },
  {
    name: 'a watermark without ranges',
    file: 'protocols/ranges.ts',
    find: 'ranges[0]?.[0] === 1 ? ranges[0][1] : 0',
    replace: 'ranges[0]?.[0] === 1 ? topOf(ranges) : 0',
  },
  {
    name: 'holes are not waited for',
    file: 'gateway/intake/intake.ts',
    find: 'const HOLE_WAIT_MS = 30_000',
    replace: 'const HOLE_WAIT_MS = 0',
  },
  {
    name: 'a record is told when it comes and in its turn',
    file: 'gateway/intake/take-records.ts',
    find: "  if (admission === 'late') effects.push(tellCity",
    replace: '  if (admission !== null) effects.push(tellCity',
  },
  {
    name: 'what waited at a restart is forgotten',
    file: 'gateway/intake/intake-state.ts',
    find: '          book.held.set(record.seq, arrival)\n',
    replace: '',
  },
  {
    name: 'watermarks are forgotten at a restart',
    file: 'gateway/intake/intake-state.ts',
    find: '  lanes.set(lane, laneBookOf(row))\n',
    replace: '  lanes.set(lane, newLaneBook())\n',
  },
  {
    name: 'a record carried over is never known',
    file: 'gateway/intake/carried.ts',
    find: 'recalled?.get(key) === origin.sum',
    replace: 'recalled?.get(key) === ""',
  },
  {
    name: 'what was taken under a second name leaves no word under the first',
    file: 'gateway/intake/take-records.ts',
    find: '  const value: AliasRow = { v: 1, sum: origin.sum }\n',
    replace: "  const value: AliasRow = { v: 1, sum: '' }\n",
  },
  {
    name: 'what is behind a record in doubt does not wait for it',
    file: 'gateway/loop/turn.ts',
    find: '    if (!isBack && this.inDoubt.keep(lane, item)) return NOTHING\n',
    replace: '',
  },
  {
    name: 'commits are not synced',
    file: 'gateway/loop/loop.ts',
    find: '    const sync = [...turn.ops.keys()].some(key => !key.startsWith(LAZY_PREFIX))',
    replace: '    const sync = turn.ops.size < 0',
  },
  {
    name: 'a failed commit is passed over',
    file: 'gateway/loop/loop.ts',
    find: '      if (!committed.ok) {\n',
    replace: '      if (committed === null) {\n',
  },
  {
    name: 'acks leave before the commit',
    file: 'gateway/loop/turn.ts',
    find: '          turn.acks.set(`${deviceId}/${ack.epoch}/${ack.lane}`, { deviceId, ack })',
    replace: "          this.send(deviceId, 'down/ack', ack as never)",
  },
  {
    name: 'back-fill moves the live map',
    file: 'gateway/fleet/unit-table.ts',
    find: '    const heard = unit.heardMonoMs === now.monoMs ? unit : this.set({ ...unit, heardMonoMs: now.monoMs })',
    replace:
      "    const heard = this.set({ ...unit, heardMonoMs: now.monoMs, ...(parsed?.kind === 'position' && { fix: parsed.body, fixMonoMs: now.monoMs }) })",
  },
  {
    name: 'lateness is no part of an age',
    file: 'gateway/fleet/unit-table.ts',
    find: '    fixMonoMs: now.monoMs - ageMs - latenessMs,',
    replace: '    fixMonoMs: now.monoMs - ageMs,',
  },
  {
    name: 'a restart makes places young',
    file: 'gateway/fleet/unit-table.ts',
    find: '    const fixMonoMs = now.monoMs - ageMs\n',
    replace: '    const fixMonoMs = now.monoMs - 0 * ageMs\n',
  },
  {
    name: 'one press stored and unstored alarms twice',
    file: 'gateway/alarms/alarms.ts',
    find: '    const id = pressId === undefined ? undefined : this.byPress.get(`${deviceId}/${pressId}`)',
    replace: '    const id = pressId === undefined ? undefined : this.byPress.get(`${deviceId}/`)',
  },
]
