import { fault } from '#protocols/result.ts'
import { restore as restoreInto } from '../backup/backup.ts'
import { parseArguments } from './arguments.ts'
import { print, refuse, say } from './road-verb.ts'

const HELP = `reach5 restore: a gateway from its backup

  reach5 restore --from BACKUP --data NEWDIR

  --from   a directory made by reach5 backup; every file is checked before anything is written
  --data   where the gateway shall live: empty or not there yet, never a running one

  Then start it as before: reach5 gateway --data NEWDIR --roads FILE.graph … It opens a new generation of its ledger. Cars
  and stations keep what was acknowledged for 48 hours; what came after the backup they send again, and it takes effect
  once. Devices enrolled after the backup need a new code.

exit 0 done, 1 the target is in use or cannot be written, 2 wrong use, or the backup is damaged or of another version`

/** `reach5 restore`. */
export async function restore(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, {
    options: ['--from', '--data'],
    switches: [],
    words: { min: 0, max: 0 },
  })
  if (!parsed.ok) return refuse('restore', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const from = parsed.value.options.get('--from')
  const data = parsed.value.options.get('--data')
  if (from === undefined) return refuse('restore', fault('USAGE', '--from is missing: the backup'))
  if (data === undefined) return refuse('restore', fault('USAGE', '--data is missing: a new directory'))
  const restored = await restoreInto(from, data)
  if (!restored.ok) return refuse('restore', restored)
  const { at, ledgerId, generation, rows, records } = restored.value
  print(JSON.stringify({ data, at, ledgerId, generation, rows, records }))
  say(`${data}: as it was at ${at}; start it with reach5 gateway --data ${data} …`)
  return 0
}
