import { openMainDatabase } from '../open-main-database.ts'

/** Run by a test as a process of its own: opens the main database at the path given, writes once, ends. */
const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: open-main-once.fixture.ts PATH')
const database = await openMainDatabase({ path, thread: false })
await database.probe()
await database.close()
process.stdout.write('opened\n')
