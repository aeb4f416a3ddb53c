type Places<Template extends string> = Template extends `${string}{${infer Place}}${infer Rest}` ? Place | Places<Rest> : never

/** What the places of a template are filled with: nothing where it has none. */
export type Values<Template extends string> = [Places<Template>] extends [never]
  ? []
  : [values: Record<Places<Template>, string | number>]

/** `template` with its places filled; a place without a value stays as it is. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}

/** Makes texts from these templates, by their code. */
export function createWriter<Templates extends { readonly [Code in keyof Templates]: string }>(templates: Templates) {
  return <Code extends keyof Templates & string>(code: Code, ...values: Values<Templates[Code]>): string =>
    fill(templates[code], values[0] ?? {})
}

export interface ReadText<Code extends string> {
  code: Code
  values: Readonly<Record<string, string>>
}

/** What may stand in a place of which nothing is said: anything short on one line. */
const SHORT = '[^:;]+?'

/**
 * Reads texts that were made from these templates: which it was, and what stood in its places. Templates are tried in their order.
 * `places`: patterns of what may stand in a place, by its name.
 */
export function createReader<Code extends string>(
  templates: Readonly<Record<Code, string>>,
  places: Readonly<Record<string, string>>,
): (text: string) => ReadText<Code> | null {
  const patterns = (Object.entries(templates) as [Code, string][]).map(([code, template]) => {
    const escaped = template.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
    const source = escaped.replaceAll(/\{(\w+)\}/g, (_place, name: string) => `(?<${name}>${places[name] ?? SHORT})`)
    return [code, new RegExp(`^${source}$`, 'u')] as const
  })
  return (text) => {
    for (const [code, pattern] of patterns) {
      const found = pattern.exec(text)
      if (found !== null) return { code, values: { ...found.groups } }
    }
    return null
  }
}
