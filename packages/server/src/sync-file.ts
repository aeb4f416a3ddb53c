import { open } from 'node:fs/promises'

/** On disk when it resolves. */
export function syncFile(path: string): Promise<void> {
  return sync(path, 'r+')
}

/** A file that was made or renamed is only sure to be there when its folder is on disk. */
export function syncFolder(path: string): Promise<void> {
  return sync(path, 'r')
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
