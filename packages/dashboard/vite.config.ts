import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react(), tailwind()],
  build: {
    // The content security policy allows no data: URL for scripts and styles.
    assetsInlineLimit: 0,
    // Every browser that has native dialogs and container queries.
    target: 'es2023',
    modulePreload: { polyfill: false },
    emptyOutDir: true,
  },
})
