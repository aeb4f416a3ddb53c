import { markdownLines, type MarkdownLine } from './markdown-lines.ts'

const CLASSES: Record<MarkdownLine['kind'], string> = {
  title: 'mt-1 font-semibold',
  heading: 'mt-3 font-semibold',
  item: 'ps-3',
  text: 'mt-1',
}

/** The report as text. */
export function MarkdownText({ markdown }: { markdown: string }) {
  return (
    <div className="mt-2">
      {markdownLines(markdown).map(({ kind, parts }, at) => {
        const content = parts.map(({ text, strong }) => (strong ? <strong key={text}>{text}</strong> : text))
        const className = `break-words ${CLASSES[kind]}`
        return kind === 'title' || kind === 'heading' ? (
          // oxlint-disable-next-line react/no-array-index-key
          <h3 key={at} className={className}>
            {content}
          </h3>
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <p key={at} className={className}>
            {content}
          </p>
        )
      })}
    </div>
  )
}
