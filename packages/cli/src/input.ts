import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CheckFailed, WrongUsage } from './output.ts'

const BYTES_MAX = 65_536

/** True when a person types into this command. */
export function isTyped(): boolean {
  return process.stdin.isTTY
}

/** Everything on standard input. Rejects with WrongUsage when it is too long. */
export async function readInput(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    pieces.push(Buffer.from(piece as Buffer))
    bytes += pieces.at(-1)?.length ?? 0
    if (bytes > BYTES_MAX) throw new WrongUsage(`standard input is longer than ${BYTES_MAX} bytes`)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Asks on the terminal without showing what is typed. Rejects with CheckFailed on Ctrl-C or Ctrl-D. */
export async function askHidden(question: string): Promise<string> {
  // Readline switches the echo of the terminal off and writes what is typed to its output: nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  try {
    process.stderr.write(question)
    return await new Promise<string>((resolve, reject) => {
      const cancelled = () => reject(new CheckFailed('cancelled; nothing was changed'))
      terminal.once('line', resolve)
      terminal.once('SIGINT', cancelled)
      terminal.once('close', cancelled)
    })
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
