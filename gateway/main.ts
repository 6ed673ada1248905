import { gateway } from './cli/gateway.ts'

process.exitCode = await gateway(process.argv.slice(2))
