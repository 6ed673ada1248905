type Done = (error?: Error) => void

/**
 * The message bus of the MQTT library, made deaf: whatever is published reaches no subscriber, so no device can ever hear
 * another, by construction and not by a rule. What the gateway says goes straight to the one client it is meant for.
 */
export const deafEmitter = () => ({
  current: 0,
  concurrent: 0,
  on: (_topic: string, _listener: unknown, done?: Done): void => later(done),
  removeListener: (_topic: string, _listener: unknown, done?: Done): void => later(done),
  emit: (_message: unknown, done?: Done): void => later(done),
  close: (done?: Done): void => later(done),
})

const later = (done: Done | undefined): void => {
  if (done !== undefined) setImmediate(done)
}
