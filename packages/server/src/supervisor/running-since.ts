import type { Release, SupervisorRecord, SwitchRequest } from './supervisor-contract.ts'

type Running = Pick<SupervisorRecord, 'release' | 'gaveWay'>

/**
 * What a supervisor that starts this release knows of it. One that ran last already, from whichever folder, has run since then. One that
 * gave way to a rollback and was not deployed since is nobody's wish: the checkout still lay there when something started the
 * supervisor again. It gives way again. Pure.
 */
export function startedWith(
  record: SupervisorRecord | null,
  release: Release,
  nowMs: number,
): Running & Pick<SupervisorRecord, 'followed'> {
  const { release: last, followed = null, gaveWay = null } = record ?? {}
  if (last?.sha !== release.sha && gaveWay?.sha === release.sha)
    return {
      release: { ...release, sinceMs: gaveWay.sinceMs },
      gaveWay,
      followed: followed === null ? null : { ...followed, tries: 0, over: false },
    }
  return { release: runningSince(last, release, nowMs), gaveWay, followed }
}

/** After a switch to this release that began then. Pure. */
export function switchedTo(
  { release: last, gaveWay }: Running,
  next: Release,
  { givesWay }: Pick<SwitchRequest, 'givesWay'>,
  begunMs: number,
): Running {
  const release = runningSince(last, next, begunMs)
  if (last.sha === next.sha) return { release, gaveWay }
  if (givesWay === true) return { release, gaveWay: { sha: last.sha, sinceMs: last.sinceMs } }
  return { release, gaveWay: gaveWay?.sha === next.sha ? null : gaveWay }
}

function runningSince(last: SupervisorRecord['release'] | undefined, { sha, dir }: Release, nowMs: number): Running['release'] {
  return { sha, dir, sinceMs: last?.sha === sha ? last.sinceMs : nowMs }
}
