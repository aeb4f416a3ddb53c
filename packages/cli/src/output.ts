/** Where commands write; main.ts passes the real streams. */
export interface Output {
  /** A line of the result. */
  line(text: string): void
  /** A line about the work, apart from the result: progress, warnings. */
  note(text: string): void
  /** Waits while the reader of the result is slow. False when it is gone (head, closed pipe). */
  write(text: string): Promise<boolean>
}

/** A check did not hold: exit code 1. */
export class CheckFailed extends Error {}

/** What rejects with an error of this kind fails the command with its message. */
export async function orFailed<Result>(kind: new (message: string) => Error, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (error instanceof kind) throw new CheckFailed(`spark: ${error.message}`)
    throw error
  }
}

/** Spark does not run on this data folder as it is set: exit code 78, like that of a process that refuses. */
export class Refused extends Error {}

/** The command was called wrongly: exit code 2. */
export class WrongUsage extends Error {}

export function processOutput(): Output {
  let gone = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // head has seen enough; that is no failure of ours.
    if (error.code === 'EPIPE') gone = true
    else throw error
  })
  return {
    line: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    write: (text) =>
      new Promise((resolve) => {
        if (gone) return resolve(false)
        process.stdout.write(text, (error) => resolve(error === null || error === undefined))
      }),
  }
}
