import { Client } from 'pg'

/** Calls of this thread that no server has answered yet. */
let unanswered = 0
let waiting: (() => void)[] = []

/** For tests: true when a call was waited for, with all others that were under way. */
export async function callsAnswered(): Promise<boolean> {
  if (unanswered === 0) return false
  await new Promise<void>((resolve) => waiting.push(resolve))
  return true
}

function answered(): void {
  unanswered -= 1
  if (unanswered > 0) return
  for (const resolve of waiting) resolve()
  waiting = []
}

type Call = (...args: unknown[]) => unknown

/** Both are called with a callback, or give a promise. */
for (const name of ['connect', 'query'] as const) {
  const call = Reflect.get(Client.prototype, name) as Call
  Reflect.set(Client.prototype, name, function count(this: Client, ...args: unknown[]): unknown {
    unanswered += 1
    const told = args.at(-1)
    if (typeof told !== 'function') {
      const answer = call.apply(this, args)
      Promise.resolve(answer).then(answered, answered)
      return answer
    }
    const tell: Call = (...answer) => {
      answered()
      return (told as Call)(...answer)
    }
    return call.apply(this, [...args.slice(0, -1), tell])
  })
}
