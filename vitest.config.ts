import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{protocols,hardware,agent,gateway,sim,test}/**/*.test.ts'],
    globalSetup: ['test/setup/build.ts'],
    // Guards against what hangs; a slow machine is not a failure.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
})
