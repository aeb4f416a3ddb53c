import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { markersPath, readMarkers } from './calibration-markers.ts'
import { temporaryFolder } from './storage/temporary-folder.ts'

const at = (text: string) => Date.parse(text)

async function read(...lines: string[]) {
  const folder = temporaryFolder()
  writeFileSync(markersPath(folder), lines.join('\n'))
  return readMarkers(folder)
}

it('a file that is not there marks nothing', async () => {
  expect(await readMarkers(temporaryFolder())).toEqual({ markers: [], problems: [], leftOut: [] })
})

it('a time is left out until its end or for some hours; every other kind is to be looked at', async () => {
  const { markers, problems, leftOut } = await read(
    '2026-01-05T03:00:00+03:00,leave_out,hours=1.5',
    '2026-01-05T01:00:00Z,leave_out,until=2026-01-05T02:00:00Z\r',
    '',
    '2026-01-05T12:00:00Z,low_confidence_period,median_confid=0.38',
    '2026-01-06T00:00:00Z,look_at,hours=24',
  )
  expect(problems).toEqual([])
  expect(leftOut).toEqual([{ fromMs: at('2026-01-05T00:00Z'), toMs: at('2026-01-05T02:00Z') }])
  expect(markers.map(({ line, leaveOut, toMs }) => [line, leaveOut, toMs])).toEqual([
    [1, true, at('2026-01-05T01:30Z')],
    [2, true, at('2026-01-05T02:00Z')],
    [4, false, null],
    [5, false, at('2026-01-07T00:00Z')],
  ])
})

it('a bad line is told with its number, and the others stand', async () => {
  const { markers, problems } = await read(
    'yesterday,leave_out,hours=1',
    '2026-01-05T00:00:00Z,leave_out,reason=venue',
    '2026-01-05T00:00:00Z,leave_out,hours=0',
    '2026-01-05T00:00:00Z,leave_out,until=2026-01-04T00:00:00Z',
    '2026-01-05T00:00:00Z,note,a=1,b=2',
    '2026-01-05T00:00:00Z,note,a=1',
  )
  expect(markers.map(({ line }) => line)).toEqual([6])
  expect(problems).toEqual([
    expect.stringMatching(/^line 1: "yesterday,leave_out,hours=1": must be ISO time,kind,key=value/),
    expect.stringMatching(/^line 2: .*leave_out needs its end: hours=6/),
    expect.stringMatching(/^line 3: .*hours=0: must be a number up to 8784/),
    expect.stringMatching(/^line 4: .*must be a time after that of the line/),
    expect.stringMatching(/^line 5: .*must be ISO time/),
  ])
})
