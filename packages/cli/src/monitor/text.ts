export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

/** A piece of a line; its style says nothing that its text does not. */
export interface Span {
  text: string
  style?: Style
}
export type Line = readonly Span[]

/** SGR codes; each is ended by 0. */
const CODES: Record<Style, string> = { bold: '1', dim: '2', red: '31', yellow: '33', green: '32' }

export function render(line: Line, color: boolean): string {
  return line
    .map(({ text, style }) => (color && style !== undefined && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text))
    .join('')
    .trimEnd()
}

const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u
/** East Asian wide characters, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Columns on a terminal. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** At most so many columns; what is cut ends with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let kept = ''
  let width = 1
  for (const character of text) {
    width += characterWidth(character)
    if (width > columns) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}

/** Exactly so many columns. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, columns)
  const space = ' '.repeat(Math.max(0, columns - textWidth(shown)))
  return align === 'left' ? shown + space : space + shown
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0)
}

/** A line of at most so many columns, filled up to them when asked. */
export function fitLine(line: Line, columns: number, fill = false): Line {
  let left = columns
  const spans: Span[] = []
  for (const span of line) {
    const text = cut(span.text, left)
    spans.push({ ...span, text })
    left -= textWidth(text)
    if (text !== span.text) break
  }
  return fill && left > 0 ? [...spans, { text: ' '.repeat(left) }] : spans
}

/** Items one after the other, as many a line as have room. */
export function flow(items: readonly Line[], columns: number, between: string): Line[] {
  const lines: Span[][] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && lineWidth(last) + between.length + lineWidth(item) <= columns) last.push({ text: between }, ...item)
    else lines.push([...item])
  }
  return lines
}

/** Two columns side by side. */
export function beside(left: readonly Line[], right: readonly Line[], leftColumns: number): Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => [
    ...fitLine(left[at] ?? [], leftColumns, true),
    { text: '  ' },
    ...(right[at] ?? []),
  ])
}
