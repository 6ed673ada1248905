'use strict'
/*
 * Loaded with --require into every process of a run: whoever looks up a name or opens a socket beyond this computer is
 * refused and written down in the file REACH5_STRAYS. The first line of each process proves that the guard was there.
 */
const { appendFileSync } = require('node:fs')
const dgram = require('node:dgram')
const dns = require('node:dns')
const net = require('node:net')

const note = words => appendFileSync(process.env.REACH5_STRAYS, `${words}\n`)
const isLoopback = host => /^(127(\.\d+){3}|::1|localhost|0\.0\.0\.0|::)$/.test(host)
const refusal = (what, host) => {
  note(`stray ${what} ${host} by ${process.argv[1] ?? process.argv0}`)
  return Object.assign(new Error(`${what} ${host}: nothing but loopback here`), { code: 'ENETUNREACH' })
}
note(`guard ${process.pid} ${process.argv[1] ?? process.argv0}`)

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  const options = typeof first === 'object' && first !== null ? first : { port: first, host: second }
  const host =
    options.path !== undefined ? 'localhost' : typeof options.host === 'string' ? options.host : 'localhost'
  if (isLoopback(host)) return connect.apply(this, args)
  const error = refusal('connect', host)
  process.nextTick(() => this.destroy(error))
  return this
}

const lookup = dns.lookup
dns.lookup = (host, ...rest) => {
  if (isLoopback(host)) return lookup(host, ...rest)
  const done = rest.at(-1)
  const error = refusal('lookup', host)
  process.nextTick(() => done(error))
}
const lookupLater = dns.promises.lookup
dns.promises.lookup = (host, ...rest) =>
  isLoopback(host) ? lookupLater(host, ...rest) : Promise.reject(refusal('lookup', host))

const send = dgram.Socket.prototype.send
dgram.Socket.prototype.send = function (...args) {
  const host = args.findLast(arg => typeof arg === 'string' && !Buffer.isBuffer(arg)) ?? 'localhost'
  if (isLoopback(host)) return send.apply(this, args)
  throw refusal('send', host)
}
