export interface MarkdownLine {
  kind: 'title' | 'heading' | 'item' | 'text'
  /** In turn plain and strong. */
  parts: readonly { text: string; strong: boolean }[]
}

/** A report as lines to show. Its tables, and the lines that name them, stand beside it in panels of their own. */
export function markdownLines(markdown: string): MarkdownLine[] {
  return markdown
    .split('\n')
    .filter((line) => line.trim() !== '')
    .filter((line, at, all) => !line.startsWith('|') && line !== '---' && all[at + 1]?.startsWith('|') !== true)
    .map((line) => {
      const [, mark = '', text = ''] = /^(## |# |- |)(.*?)\s*$/.exec(line) ?? []
      return { kind: KINDS[mark] ?? 'text', parts: partsOf(text) }
    })
}

const KINDS: Record<string, MarkdownLine['kind']> = { '# ': 'title', '## ': 'heading', '- ': 'item' }

function partsOf(text: string): MarkdownLine['parts'] {
  const ticked = text
    .replace(/^\[x\]/, '☑')
    .replace(/^\[ \]/, '☐')
    .replace(/^_(.*)_$/, '$1')
  return ticked
    .split('**')
    .map((part, at) => ({ text: part, strong: at % 2 === 1 }))
    .filter((part) => part.text !== '')
}
