/** Light and dark by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --quiet: #57606a; --rule: #d0d7de; --line: #0b57d0;
  --good: #1a7f37; --critical: #b42318; --preview: #d6e4ff; --live: #b9dcc4; --done: #7fc896; --back: #ffe2a8; --ended: #ffc9c2; --fault: #e3d3ff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1419; --text: #e6edf3; --quiet: #9aa7b4; --rule: #30363d; --line: #79b8ff; --good: #4ac26b; --critical: #ff8a7a;
    --preview: #1f3a63; --live: #1d4a2e; --done: #2b6b42; --back: #5c4310; --ended: #6b2119; --fault: #45317a; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1040px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px } h2 { font-size: 17px; margin: 32px 0 8px }
p { margin: 4px 0 } header p, footer, figcaption span { color: var(--quiet) }
.verdict { font-weight: 600 } .verdict.ok { color: var(--good) } .verdict.bad { color: var(--critical) }
figure { margin: 10px 0 0 } figcaption { font-size: 13px; font-weight: 600 } figcaption span { font-weight: 400 }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif }
svg text { fill: var(--quiet) } svg .band text { fill: var(--text) }
.axis { stroke: var(--rule) } .line { fill: none; stroke: var(--line); stroke-width: 1.5 }
line.good { stroke: var(--good); stroke-dasharray: 2 4 } line.critical { stroke: var(--critical); stroke-dasharray: 6 4 }
svg text.good { fill: var(--good) } svg text.critical { fill: var(--critical) }
.preview rect { fill: var(--preview) } .live rect { fill: var(--live) } .done rect { fill: var(--done) } .back rect { fill: var(--back) }
.ended rect { fill: var(--ended) } .fault rect { fill: var(--fault) }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--rule) }
th { color: var(--quiet); font-weight: 600 } td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums }
code { overflow-wrap: anywhere }
`
