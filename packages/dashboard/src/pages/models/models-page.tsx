import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { ComparisonPanel } from './comparison-panel.tsx'
import { ModelDialog, type ModelCommand } from './model-dialog.tsx'
import { ModelRow } from './model-row.tsx'
import { WeightHistoryPanel } from './weight-history-panel.tsx'

/** Every version of the model, the candidate beside the champion, and how the weights moved. */
export function ModelsPage() {
  const { m } = useLanguage()
  const { models: t } = m
  const query = useQuery(queries.models)
  const [asked, setAsked] = useState<{ command: ModelCommand; version: string } | null>(null)
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.title}</h1>
      <QueryView query={query} height="min-h-96">
        {({ items }) => (
          <>
            <Panel title={t.title} what={t.what} className="min-h-40">
              <ul>
                {items.map((model) => (
                  <ModelRow
                    key={model.version}
                    model={model}
                    onCommand={(command) => setAsked({ command, version: model.version })}
                  />
                ))}
              </ul>
            </Panel>
            <ComparisonPanel models={items} />
            <WeightHistoryPanel models={items} />
          </>
        )}
      </QueryView>
      {asked !== null && <ModelDialog {...asked} onClose={() => setAsked(null)} />}
    </div>
  )
}
