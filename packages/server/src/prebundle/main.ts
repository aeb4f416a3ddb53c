// npm runs it after it has installed. Without what it makes everything works, and starts more slowly.
import { buildPrebundle } from './build-prebundle.ts'
import { NODE_MODULES, PREBUNDLED } from './prebundle.ts'

for (const name of PREBUNDLED) await buildPrebundle(NODE_MODULES, name)
