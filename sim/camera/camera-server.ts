import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import type { Clock } from '#protocols/time.ts'
import type { NetworkCamera } from './network-camera.ts'

/** A camera that listens on loopback. */
export type CameraServer = {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** Ends every connection, as a camera that restarts. */
  drop(): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export async function serveCamera(
  kind: 'udp' | 'tcp' | 'http',
  camera: NetworkCamera,
  clock: Clock,
): Promise<CameraServer> {
  const answered = (text: string, send: (answer: string) => void): void => {
    const answer = camera.answer(text)
    if (answer === undefined) return
    if (camera.answerMs === 0) send(answer)
    else clock.after(camera.answerMs, () => send(answer))
  }
  switch (kind) {
    case 'udp':
      return serveUdp(answered)
    case 'tcp':
      return serveTcp(answered)
    case 'http':
      return serveHttp(answered)
  }
}

type Answered = (text: string, send: (answer: string) => void) => void

async function serveUdp(answered: Answered): Promise<CameraServer> {
  const socket = createSocket('udp4')
  let closed = false
  socket.on('message', (bytes, from) =>
    answered(bytes.toString('utf8'), answer => {
      if (!closed) socket.send(answer, from.port, from.address)
    }),
  )
  await new Promise<void>(resolve => socket.bind(0, HOST, resolve))
  return {
    address: `${HOST}:${socket.address().port}`,
    drop: () => {},
    close: () => {
      closed = true
      return new Promise(resolve => socket.close(() => resolve()))
    },
  }
}

async function serveTcp(answered: Answered): Promise<CameraServer> {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', bytes => {
      heard += bytes.toString('utf8')
      const lines = heard.split('\n')
      heard = lines.pop() ?? ''
      for (const line of lines)
        answered(line, answer => void (socket.writable && socket.write(`${answer}\n`)))
    })
  })
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  const drop = (): void => sockets.forEach(socket => socket.destroy())
  return {
    address: `${HOST}:${(server.address() as AddressInfo).port}`,
    drop,
    close: () => {
      drop()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

async function serveHttp(answered: Answered): Promise<CameraServer> {
  const server = createHttpServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => void (body += part.toString('utf8')))
    request.on('end', () =>
      answered(body, answer => {
        response.setHeader('content-type', 'application/json')
        response.end(answer)
      }),
    )
  })
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  return {
    address: `${HOST}:${(server.address() as AddressInfo).port}`,
    drop: () => server.closeAllConnections(),
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
