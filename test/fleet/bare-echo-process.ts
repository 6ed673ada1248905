import { fdatasync, openSync, write } from 'node:fs'
import { createServer } from 'node:net'

/*
 * Told a file: puts whatever it hears on a loopback port into it, syncs, and sends it back. It says its port to whoever
 * started it and ends with them.
 */
process.once('message', (file: string) => {
  const descriptor = openSync(file, 'a', 0o600)
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    socket.on('data', bytes => {
      write(descriptor, bytes, written => {
        if (written) throw written
        fdatasync(descriptor, synced => {
          if (synced) throw synced
          socket.write(bytes)
        })
      })
    })
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port))
})
process.once('disconnect', () => process.exit(0))
