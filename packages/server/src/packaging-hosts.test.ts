import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { ROOT_DIR, VERSION, loadConfig } from './config.ts'
import { DATA_DIR, PORTS, composeValues, expectSettings, readCompose, readPackaging } from './packaging-fixture.ts'
import { openSigningKey } from './storage/audit/signing-key.ts'

// Several hosts in packaging/, held against the code.

describe('compose for two hosts', () => {
  const { services, volumes } = readCompose('docker/compose.hosts.yaml')
  const { database, ...hosts } = services
  const given = { POSTGRES_PASSWORD: 'secret1' }
  const configs = Object.values(hosts).map((host) => loadConfig(composeValues(host.environment, given)))

  it('closes them as compose.yaml closes the one', () => {
    const { ports: _p, volumes: _v, environment: _e, ...closed } = readCompose('docker/compose.yaml').services['spark'] ?? {}
    for (const host of Object.values(hosts)) {
      expect(host).toMatchObject(closed)
      expect(host['depends_on']).toEqual({ database: { condition: 'service_healthy' } })
    }
  })

  it('gives them the same settings but for the name, each its own folder and port, and one key', () => {
    for (const { environment } of Object.values(hosts)) expectSettings(composeValues(environment, given))
    expect(configs.map(({ hostName }) => hostName)).toEqual(Object.keys(hosts))
    const [first, ...others] = Object.values(hosts).map(({ environment }) => ({ ...environment, SPARK_HOST_NAME: '' }))
    for (const other of others) expect(other).toEqual(first)
    const keys = dirname(configs[0]?.signingKeyFile ?? '')
    for (const [name, { volumes: mounted }] of Object.entries(hosts))
      expect(mounted).toEqual([`${name}:${DATA_DIR}`, `keys:${keys}`])
    expect(configs.map(({ masterKeyFile }) => dirname(masterKeyFile))).toEqual([keys, keys])
    // The image makes the folder, so that the volume belongs to its user.
    expect(readPackaging('docker/Dockerfile')).toContain(`-m 0700 ${DATA_DIR} ${keys}\n`)
    expect(Object.values(hosts).map(({ ports }) => ports)).toEqual([
      [`127.0.0.1:${PORTS.api}:${PORTS.api}`],
      [`127.0.0.1:${PORTS.api + 1}:${PORTS.api}`],
    ])
    expect(Object.keys(volumes)).toEqual(['database', 'keys', ...Object.keys(hosts)])
  })

  it('makes the database that they ask for, with room for their connections, and no password of its own', () => {
    const made = composeValues(database?.environment ?? {}, given)
    const url = URL.parse(configs[0]?.databasePath ?? '')
    expect([url?.hostname, url?.username, url?.password, url?.pathname]).toEqual([
      'database',
      made['POSTGRES_USER'],
      made['POSTGRES_PASSWORD'],
      `/${made['POSTGRES_DB']}`,
    ])
    expect(database?.['image']).toMatch(/^postgres:\d+\.\d+$/)
    expect(database?.['command']).toContain('max_connections=300')
    expect(() => composeValues(database?.environment ?? {})).toThrow('POSTGRES_PASSWORD')
  })
})

interface Rendered {
  kind: string
  spec: Record<string, unknown>
}

describe('the manifests for several hosts', () => {
  const folder = join(ROOT_DIR, 'packaging/kubernetes-hosts')
  const read = (file: string) => readPackaging(`kubernetes-hosts/${file}`)
  const customization = parse(read('kustomization.yaml')) as { patches: { path: string }[]; images: object[] }
  const pod = (parse(read('stateful-set.yaml')) as { spec: { template: { spec: Record<string, unknown> } } }).spec.template.spec
  const [init] = pod['initContainers'] as { command: string[]; volumeMounts: { name: string; mountPath: string }[] }[]
  const secrets = parseAllDocuments(read('secret.example.yaml')).map(
    (document) => document.toJS() as { metadata: { name: string }; stringData: Record<string, string> },
  )
  const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0

  it('are all used, but for the example of secrets, in the version of the code', () => {
    const used = ['kustomization.yaml', 'secret.example.yaml', ...customization.patches.map(({ path }) => path)]
    expect(readdirSync(folder).sort()).toEqual(used.sort())
    expect(customization.images).toMatchObject([{ name: 'spark', newTag: VERSION }])
  })

  it('take the address of the database and the keys from secrets, and the name from the pod', () => {
    const [container] = pod['containers'] as { env: { name: string; valueFrom: Record<string, object> }[] }[]
    expect(container?.env).toEqual([
      { name: 'SPARK_HOST_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'spark-database', key: 'DATABASE_URL' } } },
    ])
    expect(secrets.map(({ metadata, stringData }) => [metadata.name, Object.keys(stringData)])).toEqual([
      ['spark-database', ['DATABASE_URL']],
      ['spark-keys', ['signing.key']],
    ])
    expectSettings({ DATABASE_URL: secrets[0]?.stringData['DATABASE_URL'] ?? '', SPARK_HOST_NAME: 'spark-11' })
    expect(pod['volumes']).toEqual([{ name: 'keys', secret: { secretName: 'spark-keys' } }])
  })

  it('put keys where a host looks for them, also those that are there, so that it can open them', async () => {
    const root = mkdtempSync(join(tmpdir(), 'spark-keys-'))
    try {
      const [data = '', keys = ''] = (init?.volumeMounts ?? []).map(({ mountPath }) => join(root, mountPath))
      for (const path of [data, keys]) mkdirSync(path, { recursive: true })
      // As a volume of a secret has it, with fsGroup.
      const given = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
      for (const name of ['signing.key', 'master.key']) {
        writeFileSync(join(keys, name), given)
        chmodSync(join(keys, name), 0o440)
      }
      const [program = '', ...args] = (init?.command ?? []).map((part) => part.replaceAll(DATA_DIR, join(root, DATA_DIR)))
      for (let start = 0; start < 2; start++) expect(spawnSync(program, args, { encoding: 'utf8' })).toMatchObject({ status: 0 })
      const { signingKeyFile, masterKeyFile } = loadConfig({ SPARK_DATA_DIR: join(data, 'data') })
      expect([statSync(join(data, 'data')).mode & 0o777, statSync(masterKeyFile).mode & 0o777]).toEqual([0o700, 0o600])
      await openSigningKey(signingKeyFile)
      expect(createPrivateKey(readFileSync(signingKeyFile)).equals(createPrivateKey(given))).toBe(true)
      expect(existsSync(signingKeyFile.replace(/\.key$/, '.pub'))).toBe(true)
    } finally {
      rmSync(root, { recursive: true })
    }
  })

  it.skipIf(!hasKubectl)('are put together by kubectl (skipped where that program is missing)', () => {
    const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
    expect([stderr, status]).toEqual(['', 0])
    const rendered = parseAllDocuments(stdout).map((document) => document.toJS() as Rendered)
    const of = (kind: string) => rendered.find((one) => one.kind === kind)?.spec ?? {}
    const text = JSON.stringify(of('StatefulSet'))
    expect(text.match(new RegExp(`"image":"spark:${VERSION}"`, 'g'))).toHaveLength(2)
    for (const part of ['/api/healthz', 'SPARK_DATA_DIR', 'SPARK_HOST_NAME', '"storage":"10Gi"', '"replicas":3'])
      expect(text).toContain(part)
    expect(of('PodDisruptionBudget')).toMatchObject({ maxUnavailable: 1 })
    expect(of('PodDisruptionBudget')).not.toHaveProperty('minAvailable')
    expect(of('NetworkPolicy')['egress']).toContainEqual({ ports: [{ port: 5432 }] })
  })
})
