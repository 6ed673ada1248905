export { technician } from './agent.ts'
