import { demo } from './cli/demo.ts'

// The process ends with its verb: a handle that somebody forgot must not keep a port or a lock.
process.exit(await demo(process.argv.slice(2)))
