import { gateway } from './cli/gateway.ts'

// The process ends with its verb: a handle that somebody forgot must not keep a port or a lock.
process.exit(await gateway(process.argv.slice(2)))
