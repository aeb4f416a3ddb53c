import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { ROUTES } from '@spark/contract/routes'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT_DIR, VERSION } from './config.ts'
import { EXECUTOR_PATHS } from './executor/http.ts'
import {
  DATA_DIR,
  INSTALLED,
  PORTS,
  SETTING_LIST,
  composeValues,
  expectSettings,
  here,
  namesUnknown,
  readCompose,
  readPackaging,
} from './packaging-fixture.ts'
import { STOP_LIMIT_MS } from './process-life.ts'

// What packaging/ says of the code, held against the code.

const HEALTH_URLS = [
  `http://127.0.0.1:${PORTS.api}${ROUTES.healthz.path}`,
  `http://127.0.0.1:${PORTS.executor}${EXECUTOR_PATHS[0]}`,
]
const urlsIn = (text: string) => [...text.matchAll(/http:\/\/[\w.:/]+/g)].map(([url]) => url)
/** Exposure that systemd-analyze may find at most, times ten. */
const EXPOSURE_MAX = { 'spark.service': 14, 'spark-backup.service': 7 }

/** NAME=value lines behind `before`. */
function assignments(text: string, before = ''): Record<string, string> {
  const lines = text.matchAll(new RegExp(`^${before}([A-Z_]+)=(.*)$`, 'gm'))
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
}

describe('the systemd units', () => {
  const files = readdirSync(join(ROOT_DIR, 'packaging/systemd')).filter((file) => /\.(service|timer)$/.test(file))
  const services = ['spark.service', 'spark-backup.service'] as const
  const value = (file: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(readPackaging(`systemd/${file}`))?.[1] ?? ''
  const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0

  it('are the service, and a backup with its timer', () => {
    expect(files.sort()).toEqual(['spark-backup.service', 'spark-backup.timer', 'spark.service'])
  })

  it('read an environment whose names and values are right, also those that are commented out', () => {
    const example = readPackaging('systemd/spark.env')
    expectSettings(assignments(example))
    expectSettings(assignments(example, '#'))
    expect(assignments(example)['SPARK_DATA_DIR']).toBe(DATA_DIR)
    for (const file of services) {
      expect(value(file, 'EnvironmentFile')).toBe('/etc/spark/spark.env')
      expect(namesUnknown(assignments(readPackaging(`systemd/${file}`), 'Environment='))).toEqual([])
    }
  })

  it('start a program that there is, in its folder, and may write the data folder', () => {
    for (const file of services) {
      const [program = ''] = value(file, 'ExecStart').split(' ')
      accessSync(here(program), constants.X_OK)
      expect(value(file, 'WorkingDirectory')).toBe(INSTALLED)
      expect(value(file, 'StateDirectory').split(' ')).toContain(DATA_DIR.replace('/var/lib/', ''))
      expect(existsSync(here(value(file, 'Documentation').replace('file://', '')))).toBe(true)
    }
  })

  it('leave it the time that a stop may take', () => {
    expect(Number(value('spark.service', 'TimeoutStopSec')) * 1000).toBeGreaterThan(STOP_LIMIT_MS)
  })

  it('and commands take a value as it stands, also one that means something to a shell', () => {
    const operations = readFileSync(join(ROOT_DIR, 'docs/operations.md'), 'utf8')
    const written = /^as_spark\(\) \([\s\S]*?^\)$/m.exec(operations)?.[0] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'spark-env-'))
    try {
      const url = 'postgres://spark:a$b@db.example/spark?sslmode=require&options=-c%20a=1;x'
      writeFileSync(join(folder, 'spark.env'), `# of a test\nDATABASE_URL=${url}\n#SPARK_HOST=a\nSPARK_FEED=sim\n`)
      const asSpark = written
        .replace('/etc/spark/spark.env', join(folder, 'spark.env'))
        .replace(INSTALLED, folder)
        .replace('runuser -u spark -- ', '')
      const { stdout } = spawnSync(
        'bash',
        ['-c', `${asSpark}\nas_spark sh -c 'echo "$DATABASE_URL $SPARK_FEED$SPARK_HOST"; pwd'`],
        {
          encoding: 'utf8',
        },
      )
      expect(stdout).toBe(`${url} sim\n${folder}\n`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.skipIf(!hasAnalyze)('pass systemd-analyze, and are as closed as they were (skipped where that program is missing)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spark-units-'))
    try {
      for (const file of files) writeFileSync(join(folder, file), here(readPackaging(`systemd/${file}`)))
      const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { cwd: folder, encoding: 'utf8' })
      const { stderr, status } = analyze('verify', ...files.map((file) => join(folder, file)))
      expect([stderr, status]).toEqual(['', 0])
      for (const [file, threshold] of Object.entries(EXPOSURE_MAX)) {
        const said = analyze('security', '--offline=true', `--threshold=${threshold}`, join(folder, file))
        expect(said.status, said.stdout.split('\n').at(-2)).toBe(0)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Instructions with their continued lines joined. */
function instructions(dockerfile: string): { word: string; rest: string }[] {
  const lines = dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  return lines.filter((line) => line !== '').map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.replace(/^\S+ /, '') }))
}

describe('the image', () => {
  const steps = instructions(readPackaging('docker/Dockerfile'))
  const of = (word: string) => steps.filter((step) => step.word === word).map(({ rest }) => rest)
  const packageFile = JSON.parse(readFileSync(join(ROOT_DIR, 'package.json'), 'utf8')) as {
    workspaces: string[]
    scripts: Record<string, string>
  }
  const context = readFileSync(join(ROOT_DIR, '.dockerignore'), 'utf8').split('\n')
  const sent = context.filter((line) => line.startsWith('!')).map((line) => line.slice(1))

  it('begins with images whose tag says one version', () => {
    expect(of('FROM')).toHaveLength(2)
    for (const from of of('FROM')) expect(from).toMatch(/^\w+:\S*\d+(\.\d+\.\d+|\d{5,})\S*( AS build)?$/)
  })

  it('is sent what is there, and all that the code and the page are made of', () => {
    expect(context).toContain('*')
    for (const path of sent) expect(existsSync(join(ROOT_DIR, path)), path).toBe(true)
    for (const path of ['bin', 'config', 'packages', 'package.json', 'package-lock.json', 'build-sha'])
      expect(sent).toContain(path)
    const dashboard = join(ROOT_DIR, 'packages/dashboard/tsconfig.json')
    const base = (JSON.parse(readFileSync(dashboard, 'utf8')) as { extends: string }).extends
    expect(sent).toContain(relative(ROOT_DIR, join(dirname(dashboard), base)))
  })

  it('copies files that are sent, the package.json of every workspace first', () => {
    const copied = of('COPY').filter((rest) => !rest.startsWith('--from') && rest !== '. .')
    for (const path of copied.flatMap((rest) => rest.split(' ').slice(0, -1))) {
      expect(existsSync(join(ROOT_DIR, path)), path).toBe(true)
      expect(sent).toContain(path.split('/')[0])
    }
    for (const workspace of packageFile.workspaces) expect(copied).toContain(`${workspace}/package.json ${workspace}/`)
  })

  it('runs scripts of package.json', () => {
    const scripts = [...readPackaging('docker/Dockerfile').matchAll(/npm run --silent (\S+)/g)].map(([, name = '']) => name)
    expect(scripts).toEqual(['postinstall', 'dashboard'])
    for (const script of scripts) expect(packageFile.scripts).toHaveProperty(script)
  })

  it('starts the program with settings that there are, on its ports, and asks it for its health', () => {
    const env = Object.fromEntries(
      of('ENV').flatMap((rest) => rest.split(/\s+/).map((one) => one.split('=') as [string, string])),
    )
    expectSettings(env)
    expect(env['SPARK_DATA_DIR']).toBe(DATA_DIR)
    expect(of('VOLUME')).toEqual([DATA_DIR])
    expect(of('EXPOSE')).toEqual([`${PORTS.api} ${PORTS.executor}`])
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM'])
    const [program = ''] = JSON.parse(of('ENTRYPOINT')[0] ?? '[]') as string[]
    accessSync(here(program), constants.X_OK)
    const [check = ''] = of('HEALTHCHECK')
    expect(urlsIn(check)).toEqual([HEALTH_URLS[0]])
    accessSync(here((JSON.parse(check.replace(/^.*?CMD /, '')) as string[])[0] ?? ''), constants.X_OK)
  })

  it('is run by compose in its version, closed, on its ports, with settings that are right', () => {
    const { spark } = readCompose('docker/compose.yaml').services
    if (spark === undefined) throw new Error('compose.yaml has no service spark')
    expect(spark).toMatchObject({ image: `spark:${VERSION}`, read_only: true, init: true, cap_drop: ['ALL'] })
    expect(spark).toMatchObject({ ports: [`127.0.0.1:${PORTS.api}:${PORTS.api}`], volumes: [`data:${DATA_DIR}`] })
    expect(Number(/^(\d+)s$/.exec(String(spark['stop_grace_period']))?.[1]) * 1000).toBeGreaterThan(STOP_LIMIT_MS)
    for (const [name, text] of Object.entries(spark.environment)) expect(text).toMatch(new RegExp(`^\\$\\{${name}:-.*\\}$`))
    expectSettings(composeValues(spark.environment))
    const host = { DATABASE_URL: 'postgres://spark:secret@db.example/spark', SPARK_HOST_NAME: 'a' }
    expect(composeValues(spark.environment, host)).toMatchObject(host)
    expect(readPackaging('docker/Dockerfile')).toContain(`-t spark:${VERSION} `)
  })
})

interface Probe {
  httpGet?: { path: string; port: string; httpHeaders: object[] }
  exec?: { command: string[] }
}
interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string }
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec: Record<string, unknown>
}
interface PodSpec {
  terminationGracePeriodSeconds: number
  securityContext: Record<string, unknown>
  containers: {
    image: string
    env: { name: string; value: string }[]
    envFrom: Record<string, { name: string }>[]
    ports: { name: string; containerPort: number }[]
    startupProbe: Probe
    readinessProbe: Probe
    livenessProbe: Probe
    volumeMounts: { name: string; mountPath: string }[]
  }[]
}

describe('the manifests for Kubernetes', () => {
  const files = readdirSync(join(ROOT_DIR, 'packaging/kubernetes'))
  const yaml = (file: string) => parse(readPackaging(`kubernetes/${file}`)) as Manifest
  const customization = parse(readPackaging('kubernetes/kustomization.yaml')) as Record<'resources', string[]> & {
    namespace: string
    images: { name: string; newTag: string }[]
    labels: { pairs: Record<string, string> }[]
  }
  const statefulSet = yaml('stateful-set.yaml')
  const template = statefulSet.spec['template'] as { metadata: { labels: object }; spec: PodSpec }
  const pod = template.spec
  const container = pod.containers[0]
  if (container === undefined) throw new Error('the pod has no container')

  it('are all applied, but for the example of a secret', () => {
    const apart = new Set(['kustomization.yaml', 'secret.example.yaml'])
    expect(files.filter((file) => !apart.has(file)).sort()).toEqual([...customization.resources].sort())
    expect(files.map((file) => yaml(file).kind).sort()).toEqual([
      'ConfigMap',
      'Kustomization',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Secret',
      'Service',
      'StatefulSet',
    ])
    expect([yaml('namespace.yaml').metadata.name, yaml('secret.example.yaml').metadata.namespace]).toEqual([
      customization.namespace,
      customization.namespace,
    ])
  })

  it('name the version of the code', () => {
    expect(customization.images).toMatchObject([{ name: container.image, newTag: VERSION }])
    expect(customization.labels).toEqual([{ pairs: { 'app.kubernetes.io/version': VERSION } }])
  })

  it('set what there is to set, secrets in the secret alone', () => {
    const open = yaml('config-map.yaml').data ?? {}
    const hidden = yaml('secret.example.yaml').stringData ?? {}
    expectSettings({ ...open, ...hidden, ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])) })
    const secret = (name: string) => SETTING_LIST.find((one) => one.name === name)?.secret === true
    expect(Object.keys(open).filter(secret)).toEqual([])
    expect(Object.keys(hidden).filter((name) => !secret(name))).toEqual([])
    expect(container.envFrom).toEqual([
      { configMapRef: { name: yaml('config-map.yaml').metadata.name } },
      { secretRef: { name: yaml('secret.example.yaml').metadata.name, optional: true } },
    ])
  })

  it('ask the ports and health routes of the code, under a name that it answers to', () => {
    expect(container.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual(Object.entries(PORTS))
    const ports = yaml('service.yaml').spec['ports'] as { name: string; port: number; targetPort: string }[]
    expect(ports).toEqual(Object.entries(PORTS).map(([name, port]) => ({ name, port, targetPort: name })))
    const asked = { path: ROUTES.healthz.path, port: 'api', httpHeaders: [{ name: 'Host', value: 'localhost' }] }
    expect([container.startupProbe.httpGet, container.readinessProbe.httpGet]).toEqual([asked, asked])
    const command = container.livenessProbe.exec?.command ?? []
    accessSync(here(command[0] ?? ''), constants.X_OK)
    expect(urlsIn(command.join(' '))).toEqual(HEALTH_URLS)
    const allowed = [...readPackaging('kubernetes/network-policy.yaml').matchAll(/port: (\d+)/g)].map(([, port]) => Number(port))
    expect(allowed).toEqual([PORTS.api, PORTS.api, PORTS.executor, 53, 53, 443])
  })

  it('run one pod, as the user of the image, on the volume of the data folder', () => {
    expect(statefulSet.spec['replicas']).toBe(1)
    const user = instructions(readPackaging('docker/Dockerfile')).find(({ word }) => word === 'USER')
    const { runAsUser, runAsGroup } = pod.securityContext
    expect(`${String(runAsUser)}:${String(runAsGroup)}`).toBe(user?.rest)
    expect(container.env.find(({ name }) => name === 'SPARK_DATA_DIR')?.value).toBe(`${DATA_DIR}/data`)
    expect(container.volumeMounts).toContainEqual({ name: 'data', mountPath: DATA_DIR })
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(STOP_LIMIT_MS)
  })

  it('choose the pod by its labels', () => {
    const { labels } = template.metadata
    const selectors = ['stateful-set.yaml', 'pod-disruption-budget.yaml'].map((file) => yaml(file).spec['selector'])
    expect(selectors).toEqual([{ matchLabels: labels }, { matchLabels: labels }])
    expect(yaml('service.yaml').spec['selector']).toEqual(labels)
    expect(yaml('network-policy.yaml').spec['podSelector']).toEqual({ matchLabels: labels })
  })
})
