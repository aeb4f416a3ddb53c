import { ERRORS } from '@spark/contract/errors'
import { LOOPBACK_PERMISSIONS, PERMISSIONS, needsStepUp, type Permission } from '@spark/contract/permissions'
import { ROUTE_LIST, errorsOf, type Route } from '@spark/contract/routes'

/** The page reads the same table as the OpenAPI document, needs no script, and follows the reader's light or dark setting. */
export const DOCS_STYLE = `:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); --faint: color-mix(in srgb, currentColor 7%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; text-transform: capitalize }
section { border: 1px solid var(--line); border-radius: 8px; margin: .7rem 0; padding: .7rem 1rem }
section h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere } section p { margin: .3rem 0 }
.method { border: 1px solid var(--line); border-radius: 4px; font-size: .8rem; margin-right: .5rem; padding: .1rem .4rem }
pre { background: var(--faint); border-radius: 6px; overflow-wrap: anywhere; padding: .7rem; white-space: pre-wrap } code { font: .85rem/1.45 ui-monospace, monospace }
table { border-collapse: collapse; display: block; overflow-x: auto } td, th { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
`

function accessText({ access, others, armedBy }: Route): string {
  if (access === 'public') return 'Anyone who reaches the port.'
  if (access === 'entrance') return 'Anyone, to sign in.'
  const also = [
    ...(others === undefined ? [] : [`what belongs to others: ${permissionText(others)}`]),
    ...(armedBy === undefined ? [] : [`with mode live: ${permissionText(armedBy)}`]),
  ]
  return [access === 'session' ? 'Who is signed in' : permissionText(access), ...also].join('; ').concat('.')
}

function permissionText(name: Permission): string {
  const anyone = LOOPBACK_PERMISSIONS.has(name) ? ', and anyone on this machine while Spark listens on loopback' : ''
  return `${name}: from the role ${PERMISSIONS[name].role} on${needsStepUp(name) ? ', with the password again' : ''}${anyone}`
}

export function docsPage(version: string): string {
  const tags = [...new Set(ROUTE_LIST.map((route) => route.tag))]
  const sections = tags.map(
    (tag) =>
      `<h2>${text(tag)}</h2>${ROUTE_LIST.filter((route) => route.tag === tag)
        .map(routeSection)
        .join('')}`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Spark API ${text(version)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs.css"></head>
<body><main><h1>Spark API ${text(version)}</h1><p>Machine-readable: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1). Every answer carries X-Trace-ID and X-Build-SHA.</p>
${sections.join('\n')}<h2>Errors</h2><table><thead><tr><th>code</th><th>HTTP</th><th>meaning</th><th>what to do</th></tr></thead><tbody>${errorRows()}</tbody></table></main></body></html>`
}

function routeSection(route: (typeof ROUTE_LIST)[number]): string {
  const schemas = [
    route.query === undefined ? '' : schemaBlock('Query', route.query),
    route.headers === undefined ? '' : schemaBlock('Headers', route.headers),
    route.body === undefined ? '' : schemaBlock('Body', route.body),
    route.produces === undefined ? schemaBlock('Answer', route.answer) : `<p>Answers ${text(route.produces)}.</p>`,
  ]
  const errors =
    errorsOf(route).length === 0
      ? ''
      : `<p>Errors: ${errorsOf(route)
          .map((code) => `<code>${text(code)}</code>`)
          .join(', ')}</p>`
  return `<section id="${text(route.name)}"><h3><span class="method">${route.method}</span><code>${text(route.path)}</code></h3><p>${text(route.summary)}</p><p>${text(accessText(route))}</p>${schemas.join('')}${errors}</section>`
}

function schemaBlock(title: string, schema: unknown): string {
  return `<details><summary>${title}</summary><pre><code>${text(JSON.stringify(schema, null, 2))}</code></pre></details>`
}

function errorRows(): string {
  return Object.entries(ERRORS)
    .map(
      ([code, entry]) =>
        `<tr><td><code>${code}</code></td><td>${entry.status}</td><td>${text(entry.title)}</td><td>${text(entry.next)}</td></tr>`,
    )
    .join('')
}

function text(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
