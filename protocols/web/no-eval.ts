import { config } from 'zod'

/*
 * Imported before anything that makes a schema: zod would otherwise try `new Function` while the schemas are made, which
 * the content security policy refuses and reports.
 */
config({ jitless: true })
