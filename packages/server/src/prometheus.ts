import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'

export interface PrometheusRegistry {
  registry: Registry
  /** A gauge without labels, read when it is scraped. */
  gauge: (name: string, help: string, read: () => number | Promise<number>) => void
  /** A counter by outcome, or by what `label` names, read when it is scraped. */
  outcomes: (
    name: string,
    help: string,
    read: () => Record<string, number> | Promise<Record<string, number>>,
    label?: string,
  ) => void
  /** A gauge by state, read when it is scraped. */
  states: (name: string, help: string, read: () => Promise<Record<string, number>>) => void
  /** Prometheus text, version 0.0.4. */
  text: () => Promise<string>
}

/** Names and base units as https://prometheus.io/docs/practices/naming recommends. */
export function createPrometheus(build: { version: string; buildSha: string }): PrometheusRegistry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const info = new Gauge({
    name: 'spark_build_info',
    help: 'Always 1; the labels tell the build.',
    labelNames: ['version', 'build_sha'],
    registers: [registry],
  })
  info.set({ version: build.version, build_sha: build.buildSha }, 1)
  return {
    registry,
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers: [], collect: async () => gauge.set(await read()) })
      registry.registerMetric(gauge)
    },
    outcomes(name, help, read, label = 'outcome') {
      const counter: Counter = new Counter({
        name,
        help,
        labelNames: [label],
        registers: [],
        async collect() {
          const counts = await read()
          counter.reset()
          for (const [outcome, count] of Object.entries(counts)) counter.inc({ [label]: outcome }, count)
        },
      })
      registry.registerMetric(counter)
    },
    states(name, help, read) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: ['state'],
        registers: [],
        async collect() {
          const counts = await read()
          gauge.reset()
          for (const [state, count] of Object.entries(counts)) gauge.set({ state }, count)
        },
      })
      registry.registerMetric(gauge)
    },
    text: () => registry.metrics(),
  }
}
