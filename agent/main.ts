import { agent } from './cli/agent.ts'

// The process ends with its verb: a handle that somebody forgot must not keep a port or a lock.
process.exit(await agent(process.argv.slice(2)))
