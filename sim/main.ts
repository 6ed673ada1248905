import { demo } from './cli/demo.ts'

process.exitCode = await demo(process.argv.slice(2))
