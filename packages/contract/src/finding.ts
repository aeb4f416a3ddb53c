import { createReader, createWriter } from '@spark/core/text/template'

/**
 * What a move of the triage finds, in fixed sentences. The English text is what is answered and audited; a page reads code and figures
 * back from it and says it in its reader's language. What is more particular stands first.
 */
export const FINDINGS = {
  // Of the executor.
  restart_it: '{found}: restart it with spark triage restart',
  restarts_itself: '{found}; if spark up runs, it kills a process that hangs for 10 s and starts it again',
  no_answer: 'no answer from {url} within {seconds} s',
  out_of_reach: '{url} cannot be reached',
  answers: '{url} answers {status}',
  asked_to_stop: 'the executor, process {pid}, was asked to stop; spark up starts it again',
  not_local: 'what answers is not the {process} of this machine; restart it where it runs',
  not_stopped: 'process {pid} could not be asked to stop: {words}',
  executor_ok: 'the executor answered in {milliseconds} ms and is ok',
  executor_not_ok: 'the executor answered in {milliseconds} ms and is not ok: {words}',
  feed_silent: '{feed}: no message yet, {warm} of {streams} streams can be scored',
  feed_heard: '{feed}: last message of the worst stream {seconds} s ago, {warm} of {streams} streams can be scored',
  none_scored: '{strategies} strategies ask, no score yet; up for {uptime} s',
  last_scored: '{strategies} strategies ask, last score {seconds} s ago; up for {uptime} s',
  // Of clocks.
  behind_apart: "the {process}'s clock is {milliseconds} ms behind this process: APART",
  ahead_apart: "the {process}'s clock is {milliseconds} ms ahead of this process: APART",
  behind: "the {process}'s clock is {milliseconds} ms behind this process",
  ahead: "the {process}'s clock is {milliseconds} ms ahead of this process",
  market_silent: 'no market message has come yet',
  market_stale: 'the last market message came {seconds} s ago: STALE',
  market_heard: 'the last market message came {seconds} s ago',
  // Of errors in the audit.
  no_errors: 'no error in {rows} audit rows of the last {minutes} min',
  errors: '{count} errors in {rows} audit rows of the last {minutes} min, {kinds} kinds',
  error: '{code} × {count}, last at {at} by {action}',
  // Of jobs.
  job_failed: '{job} failed: {words}',
  job_hangs: '{job} has not ended: it hangs, or died with its process',
  job_late: '{job} is late: it was due at {at}',
  job_unrun: '{job} has not run here yet',
  jobs_fine: 'every job ran at its time and none failed',
  // Of signals.
  nobody_asks: 'no strategy asks for a score',
  streams_scored: '{scored} of {streams} streams are scored',
  log_line: 'log: {words}',
  unscored_because: '{stream}, {strategies} strategies: no score among the newest {rows}; the executor has no row: {words}',
  unscored: '{stream}, {strategies} strategies: no score among the newest {rows}',
  scored: '{stream}, {strategies} strategies: {at} score {score}, confidence {confid}, {words}',
  // Of what was changed, or would be.
  changed: '{setting} {before} → {after}, at once and without a restart',
  unchanged: 'this is what was applied last: nothing changes',
  preview_only: '{rollout} is preview-only; returning takes an approval',
  none_on_wire: 'epoch {epoch}; on the wire: no ML order',
  on_wire: 'epoch {epoch}; on the wire: {orders}',
  model_unread: 'the model that is scored with cannot be read: see spark doctor',
  equal_already: '{model} has equal weights already: there is nothing to propose',
  equal_would_be: 'equal weights would be the model {model}; nothing was applied',
  decided_otherwise: 'of the newest {rows} scores {count} would be decided otherwise, median confidence {before} → {after}',
  how_to_try: 'to try it: ML_SIGNAL_WEIGHTS=0.33,0.33,0.33 spark apply, then spark rollout start; it begins in preview',
  no_channel: 'no channel is set up: set SLACK_WEBHOOK_URL, TELEGRAM_BOT_TOKEN or ALERT_WEBHOOK_URL',
  waits_to_be_sent: 'waits to be sent to {channels}',
} as const

export type FindingCode = keyof typeof FINDINGS

const WORDS = '[^]*'
const URL = String.raw`https?://\S+`
const FIGURE = '-?[\\d.]*'
export const readFinding = createReader(FINDINGS, {
  found: WORDS,
  words: WORDS,
  url: URL,
  // `ccxt:binance`, `replay:PATH`.
  feed: '.+',
  process: 'executor|database|api',
  at: '\\S+',
  job: '[\\w-]+',
  setting: '[A-Z_]+',
  orders: '.+',
  channels: '.+',
  before: '\\S+',
  after: '\\S+',
  score: FIGURE,
  confid: FIGURE,
})

export const finding = createWriter(FINDINGS)
