import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { CDPSession, Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Finding = {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
}
type Report = { readonly violations: readonly Finding[]; readonly passes: number }

/**
 * What axe finds wrong on the page as it stands now, one line per element, empty when nothing:
 * `color-contrast (serious) .unit-age: Element has insufficient color contrast of 3.9 …`. All rules of WCAG A and AA and
 * axe's best practices run. Throws when axe checked nothing, for then no finding means nothing.
 *
 * The source goes in by the debugger's protocol into a world of its own: no script tag, so the page keeps its strict
 * policy, and no shared timers, so it works while a test holds the page's clock.
 */
export async function axeFindings(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  try {
    const run = await openWorld(session)
    await run(SETTLE)
    await run(`${SOURCE}; undefined`)
    const report = (await run(RUN)) as Report
    if (report.passes === 0) throw new Error('axe checked nothing: is the page empty?')
    return report.violations.flatMap(linesOf)
  } finally {
    await session.detach()
  }
}

type Run = (expression: string) => Promise<unknown>

async function openWorld(session: CDPSession): Promise<Run> {
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'accessibility',
  })
  return async expression => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined)
      throw new Error(`axe: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`)
    return result.value
  }
}

/** A colour on its way to another is no colour of the design. */
const SETTLE = `for (const motion of document.getAnimations())
  if (motion.effect?.getComputedTiming().endTime !== Infinity) motion.finish()`

/** Style sheets are read where they lie; nothing is fetched. */
const RUN = `axe.run(document, { resultTypes: ['violations'], preload: false })
  .then(({ violations, passes }) => ({ violations, passes: passes.length }))`

const linesOf = ({ id, impact, help, nodes }: Finding): string[] =>
  nodes.map(node => {
    const why = (node.failureSummary ?? help).replace(/^Fix .*:\s*/, '').replaceAll(/\s+/g, ' ')
    return `${id} (${impact ?? 'minor'}) ${node.target.join(' ')}: ${why.slice(0, 240)}`
  })
