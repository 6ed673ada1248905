import { fault } from '#protocols/result.ts'
import { backUp } from '../backup/backup.ts'
import { systemClock } from '../system-clock.ts'
import { parseArguments } from './arguments.ts'
import { print, refuse, say } from './road-verb.ts'
import { rfc3339 } from '#protocols/time.ts'

const HELP = `reach5 backup: a copy of a gateway, taken while it runs

  reach5 backup --data DIR --to NEWDIR

  --data   the gateway's directory; the gateway may be running and is not disturbed
  --to     a directory that is empty or not there yet

  The copy holds every record, incident, order and audit entry committed before it began, the gateway's CA, its keys and
  the devices it admitted. It is as secret as the gateway. It is opened and read through before it is called done; its
  last file, backup.json, names all others with checksums. Roads, grids and tiles are not in it: they are files of yours.

exit 0 done, 1 it could not be made, 2 wrong use or no gateway there`

/** `reach5 backup`. */
export async function backup(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, {
    options: ['--data', '--to'],
    switches: [],
    words: { min: 0, max: 0 },
  })
  if (!parsed.ok) return refuse('backup', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const data = parsed.value.options.get('--data')
  const to = parsed.value.options.get('--to')
  if (data === undefined)
    return refuse('backup', fault('USAGE', '--data is missing: the gateway’s directory'))
  if (to === undefined) return refuse('backup', fault('USAGE', '--to is missing: a new directory'))
  const made = await backUp(data, to, rfc3339(systemClock().now().utcMs))
  if (!made.ok) return refuse('backup', made)
  const { at, ledgerId, generation, rows, records, files } = made.value
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  print(JSON.stringify({ to, at, ledgerId, generation, rows, records, files: files.length, bytes }))
  say(`${to}: ${records} records, ${files.length} files, ${bytes} bytes, read through and sealed`)
  return 0
}
