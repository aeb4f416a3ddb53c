import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from '@spark/contract/client'
import { after } from './clock.ts'
import { LanguageProvider } from './i18n/language.tsx'
import { startLiveData } from './live/live-data.ts'
import { queries } from './queries.ts'
import { router } from './router.tsx'
import { applyStoredTheme } from './theme.ts'

const RETRIES_MAX = 1
/** index.html asks for the rollout before this code is there: mostly the first view has its sentence. */
const FIRST_VIEW_WAITS_MS = 150

applyStoredTheme()
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the server refuses it refuses again; polling asks anyway.
      retry: (failures, error) => failures < RETRIES_MAX && !(error instanceof ApiError),
      refetchOnWindowFocus: true,
      networkMode: 'always',
    },
  },
})
startLiveData(client)
// Who reads and whether money is at stake: asked with the sentence, which waits for neither.
void client.prefetchQuery(queries.installation)
void client.prefetchQuery(queries.session)
await Promise.race([
  // A router that knows its page draws it at once, in place of nothing first.
  Promise.all([client.prefetchQuery(queries.rollout), router.load()]),
  new Promise<void>((resolve) => void after(FIRST_VIEW_WAITS_MS, resolve)),
])

const place = document.querySelector('#root')
if (place === null) throw new Error('index.html has no #root')
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <RouterProvider router={router} />
      </LanguageProvider>
    </QueryClientProvider>
  </StrictMode>,
)
