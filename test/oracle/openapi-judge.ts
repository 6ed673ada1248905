import type { OpenApi, Operation } from '#gateway/api/openapi.ts'
import { misfits } from './json-schema.ts'
import type { Schema } from './json-schema.ts'

/** One answer as it came over the wire. */
export type Answered = {
  readonly method: string
  /** With its query: `/v1/nearest?lat=…`. */
  readonly path: string
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** Holds real answers against the description of the API, and remembers what was seen. */
export class OpenApiJudge {
  /** `GET /v1/units/{id} 404`, each as often as it was seen. */
  readonly seen = new Map<string, number>()
  messages = 0
  private readonly document: OpenApi

  constructor(document: OpenApi) {
    this.document = document
  }

  /** What of the answer is not as described; empty when all is. */
  judge(answered: Answered): string[] {
    const { method, path, status } = answered
    const found = this.operationOf(method, path.split('?')[0]!)
    if (found === undefined) return [`${method} ${path} is not described`]
    const key = `${method} ${found.path} ${status}`
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1)
    const answer = found.operation.responses[String(status)]
    if (answer === undefined) return [`${key}: no such status is described (${answered.text.slice(0, 120)})`]
    const type = answered.contentType.split(';')[0]!
    const content = answer.content ?? {}
    if (Object.keys(content).length === 0)
      return answered.text === '' ? [] : [`${key}: a body nobody described`]
    const body = content[type]
    if (body === undefined) return [`${key}: ${type} is not described`]
    if (body.schema === undefined) return []
    const value: unknown = JSON.parse(answered.text)
    const lines = misfits(body.schema, value, this.document.components.schemas)
    const codes = answer['x-codes']
    const { code } = value as { code?: string }
    if (codes !== undefined && !codes.includes(String(code))) lines.push(`the code ${code} is not described`)
    return lines.map(line => `${key}: ${line}`)
  }

  /** One message of the stream. */
  judgeMessage(message: unknown): string[] {
    const schemas = this.document.components.schemas as Record<string, Schema>
    this.messages += 1
    return misfits(schemas['StreamMessage']!, message, schemas).map(line => `stream: ${line}`)
  }

  private operationOf(method: string, path: string): { path: string; operation: Operation } | undefined {
    const levels = path.split('/')
    // `/v1/roads/lines` goes before `/v1/roads/{id}`: the one with the fewest wildcards.
    const fits = Object.keys(this.document.paths)
      .filter(template => {
        const parts = template.split('/')
        return (
          parts.length === levels.length &&
          parts.every((part, i) => part.startsWith('{') || part === levels[i])
        )
      })
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
    const template = fits[0]
    const operation =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()]
    return operation === undefined ? undefined : { path: template!, operation }
  }
}
