// Makes a report and kills itself at one of its calls of storage: node report-child.ts DATA_DIR ID CALL
import { systemClock } from '@spark/server/clock'
import { createLog } from '@spark/server/log'
import { openHouse } from '@spark/server/report/report-fixture'
import { createReports } from '@spark/server/report/run-reports'

const [dataDir = '', id = '', at = ''] = process.argv.slice(2)
let calls = 0

/** Dies when it is called for the time that was asked for; every second time after what it does is done. */
function mortal<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        calls += 2
        if (calls === Number(at)) process.kill(process.pid, 'SIGKILL')
        const done: unknown = Reflect.apply(value, target, given)
        if (calls + 1 !== Number(at) || !(done instanceof Promise)) return done
        return done.then(() => process.kill(process.pid, 'SIGKILL'))
      }
    },
  })
}

const house = await openHouse(dataDir)
const { deps } = house
const stores = {
  slices: mortal(deps.slices),
  labels: mortal(deps.labels),
  rollouts: mortal(deps.rollouts),
  models: mortal(deps.models),
  settings: mortal(deps.settings),
  auditReader: mortal(deps.auditReader),
  store: mortal(deps.store),
}
await createReports({ ...deps, ...stores, clock: systemClock, log: createLog('child', 'silent') }).run(id)
await house.close()
console.log(calls)
