import { Worker } from 'node:worker_threads'
import { StorageError } from './storage-error.ts'
import { fromThreadFailure, type ThreadFailure } from './thread-failure.ts'

export interface ThreadRequest<Request> {
  id: number
  request: Request
}

export type ThreadAnswer<Result> = { id: number; ok: true; result: Result } | { id: number; ok: false; failure: ThreadFailure }

export interface ThreadOptions {
  script: URL
  name: string
  workerData: unknown
  /** The file the thread works on, for messages. */
  path: string
  memoryMbMax: number
  /** Called once when the thread died by itself. */
  onDeath?: (error: Error) => void
}

interface Waiting<Result> {
  resolve: (result: Result) => void
  reject: (error: Error) => void
}

/** Asks a worker thread (see serve-thread.ts) and matches its answers. */
export class ThreadClient<Request, Result> {
  readonly #worker: Worker
  readonly #options: ThreadOptions
  readonly #waiting = new Map<number, Waiting<Result>>()
  #nextId = 1
  #ended: Error | null = null

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#worker = new Worker(options.script, {
      workerData: options.workerData,
      name: options.name,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMbMax },
    })
    this.#worker.on('message', (answer: ThreadAnswer<Result>) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#end(this.#unavailable('is closed')))
  }

  /** Why nothing can be asked any more, or null. */
  get ended(): Error | null {
    return this.#ended
  }

  /** Rejects with what the thread threw, or with StorageError `unavailable` when it is gone. */
  ask(request: Request): Promise<Result> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      this.#worker.postMessage({ id, request } satisfies ThreadRequest<Request>)
      this.#waiting.set(id, { resolve, reject })
    })
  }

  /** Asks a last time; the thread closes its port after it. Resolves when it is gone. */
  async close(request: Request): Promise<void> {
    if (this.#ended !== null) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    const answered = this.ask(request)
    this.#ended = this.#unavailable('is closed')
    try {
      await answered
    } finally {
      await exited
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: ThreadAnswer<Result>): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.ok) waiting?.resolve(answer.result)
    else waiting?.reject(fromThreadFailure(answer.failure))
  }

  #die(cause: Error): void {
    const error = this.#unavailable(`failed: ${cause.message}`, cause)
    this.#end(error)
    this.#options.onDeath?.(error)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #unavailable(detail: string, cause?: unknown): StorageError {
    return new StorageError('unavailable', this.#options.path, `the ${this.#options.name} thread ${detail}`, cause)
  }
}
