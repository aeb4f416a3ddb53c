import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { ROUTE_LIST } from '@spark/contract/routes'

/**
 * Of a route the page needs only how it is called: without the schemas of all bodies and answers, and what they are made with, the
 * first view is a tenth smaller. The server judges what is sent.
 */
function routesWithoutSchemas(): Plugin {
  const routes = ROUTE_LIST.map(({ name, method, path, access, produces }) => [name, { method, path, access, produces }])
  return {
    name: 'routes-without-schemas',
    load: {
      filter: { id: /packages\/contract\/src\/routes\.ts$/ },
      handler: () => `export const ROUTES = ${JSON.stringify(Object.fromEntries(routes))}`,
    },
  }
}

export default defineConfig({
  plugins: [routesWithoutSchemas(), react(), tailwind()],
  build: {
    // The content security policy allows no data: URL for scripts and styles.
    assetsInlineLimit: 0,
    // Every browser that has native dialogs and container queries.
    target: 'es2023',
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    // A schema that nobody uses is left out: making one has no effect.
    rolldownOptions: {
      treeshake: { manualPureFunctions: ['Type', 'nullable'] },
      // All that the first view needs in one file: a browser asks for six at a time.
      output: { codeSplitting: { groups: [{ name: 'shell', tags: ['$initial'] }] } },
    },
  },
})
