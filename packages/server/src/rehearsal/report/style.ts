/** Light and dark by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --quiet: #57606a; --rule: #d0d7de; --line: #0b57d0;
  --good: #1a7f37; --critical: #b42318; --preview: #d6e4ff; --live: #b9dcc4; --done: #7fc896; --back: #ffe2a8; --ended: #ffc9c2; --fault: #d9c2ff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1419; --text: #e6edf3; --quiet: #9aa7b4; --rule: #30363d; --line: #79b8ff; --good: #4ac26b; --critical: #ff8a7a;
    --preview: #1f3a63; --live: #1d4a2e; --done: #2b6b42; --back: #5c4310; --ended: #7a2820; --fault: #503a8a; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1100px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere } h2 { font-size: 17px; margin: 32px 0 8px }
p, ul { margin: 4px 0 } header p, footer, figcaption span { color: var(--quiet) } ul { padding-left: 20px }
header .verdict { font-weight: 600; margin: 0 } header .ok { color: var(--good) } header .bad { color: var(--critical) }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 13px; color: var(--quiet) }
.legend span::before { content: ""; display: inline-block; width: 24px; margin-right: 8px; vertical-align: middle }
.legend .good::before { border-top: 2px dotted var(--good) } .legend .critical::before { border-top: 2px dashed var(--critical) }
.legend .fault::before { height: 12px; background: var(--fault) }
figure { margin: 14px 0 0 } figcaption { font-size: 13px; font-weight: 600; margin-bottom: 4px } figcaption span { font-weight: 400 }
.plot, .lane, .scale { position: relative; margin-left: 48px }
.plot { height: 96px; border-bottom: 1px solid var(--rule) }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible }
.plot path { fill: none; vector-effect: non-scaling-stroke }
path.line { stroke: var(--line); stroke-width: 1.5; stroke-linejoin: round } path.grid { stroke: var(--rule); stroke-width: 1 }
path.good { stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 2 4 } path.critical { stroke: var(--critical); stroke-width: 1.5; stroke-dasharray: 7 4 }
.shade { fill: var(--fault); opacity: 0.45 }
.level { position: absolute; right: 100%; padding-right: 6px; font-size: 12px; line-height: 1; color: var(--quiet); font-variant-numeric: tabular-nums }
.level.good { color: var(--good) } .level.critical { color: var(--critical) } .level.above { transform: translateY(-80%) } .level.below { transform: translateY(-20%) }
.lane { height: 24px; margin-top: 2px }
.lane span { position: absolute; top: 0; bottom: 0; min-width: 3px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; text-align: center; font-size: 12px; line-height: 24px }
.lane .fault { min-width: 18px; border-left: 2px solid var(--text) }
.lane .preview { background: var(--preview) } .lane .live { background: var(--live); border-left: 1px solid var(--ground) } .lane .done { background: var(--done) }
.lane .back { background: var(--back) } .lane .ended { background: var(--ended) } .lane .fault { background: var(--fault) }
.scale { height: 20px; font-size: 12px; color: var(--quiet) } .scale span { position: absolute; transform: translateX(-50%); white-space: nowrap }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--rule) }
th { color: var(--quiet); font-weight: 600; white-space: nowrap } td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums }
td.no { color: var(--critical); font-weight: 600 } code { overflow-wrap: anywhere }
`
