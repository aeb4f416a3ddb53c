// npm run dashboard: for where the code is read-only when it runs, as in an image or under the systemd unit.
import { ROOT_DIR } from '../config.ts'
import { buildDashboard } from './build-dashboard.ts'

await buildDashboard(ROOT_DIR)
