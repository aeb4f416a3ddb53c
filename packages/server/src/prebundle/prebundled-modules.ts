// Preloaded by bin/spark and by the supervisor for its children; their threads inherit it.
import { registerHooks } from 'node:module'
import { NODE_MODULES, prebundledUrls } from './prebundle.ts'

const urls = prebundledUrls(NODE_MODULES)
if (urls.size > 0)
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls.get(specifier)
      return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true }
    },
  })
