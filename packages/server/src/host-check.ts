const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']
const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (LOOPBACK_ADDRESSES.has(address) || address === 'localhost')
}

/** Whether a Host header names this machine from within. */
export function isLoopbackName(header: string | undefined): boolean {
  return header !== undefined && LOOPBACK_NAMES.includes(hostName(header))
}

/** Whether a Host header names this server: the defence against DNS rebinding. Ports do not matter, names do. */
export function createHostCheck(host: string, allowedHosts: readonly string[]): (header: string | undefined) => boolean {
  const own = host.includes(':') ? `[${host}]` : host
  const names = new Set([...LOOPBACK_NAMES, own.toLowerCase(), ...allowedHosts])
  return (header) => header !== undefined && names.has(hostName(header))
}

/** The name in a Host header without its port, lower case. */
function hostName(header: string): string {
  const end = header.startsWith('[') ? header.indexOf(']') + 1 : header.indexOf(':')
  return (end > 0 ? header.slice(0, end) : header).toLowerCase()
}
