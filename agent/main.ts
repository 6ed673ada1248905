import { agent } from './cli/agent.ts'

process.exitCode = await agent(process.argv.slice(2))
