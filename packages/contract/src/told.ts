import { GATE_NAMES } from '@spark/core/rollout/plan'
import { createReader, createWriter } from '@spark/core/text/template'

/**
 * What Spark itself tells people in fixed sentences, beside the reasons of the controller: alerts, jobs, rehearsals. The English text is what is
 * stored and sent; a page reads code and figures back from it and says it in its reader's language. What is more particular stands first.
 */
export const TOLD = {
  // Alerts.
  release_not_returned:
    '{rollout} was rolled back, ML is off, and the release did not return to the last good one (running: {builds}): {words}; ./deploy.sh --rollback tries again',
  auto_paused: 'strategies are paused, {strategy} first: {told}',
  limits_unreadable: 'nothing enters: limits cannot be read as they are stored: {words}',
  day_lost: '{amount} lost today, at most {most}',
  drawn_down: '{percent} % below the peak, at most {most} %',
  dead_letter: 'dead letter in the order queue: {key}, {code}: {words}',
  job_failed: 'the job {job} failed: {words}',
  model_loses: '{model} loses after costs, beyond chance: spark calibration verdict shows the figures',
  features_moved: 'features of {model} have moved from what it was made on: {words}; spark calibration drift shows them',
  clock_doubted: "{told}; no order increases risk until the market's time agrees",
  clock_forward: 'the clock went forward by {seconds} s, to {at}',
  clock_back: 'the clock went back by {seconds} s, to {at}',
  clock_agrees: "the market's time agrees with the clock again",
  venue_halted: '{venue}: no order is sent; {told}',
  venue_agrees: '{venue}: our book and the venue agree again',
  fill_unexplained: 'the venue filled {quantity} of {order}, which our book cannot explain',
  order_unknown: 'the venue has the order {order}, which our book does not have',
  order_vanished: 'the venue does not know {order} any more, which it acknowledged',
  balance_differs: 'the venue holds {theirs} {asset}, our book {ours}',
  host_silent:
    'nothing is heard of {processes} since {at}: lost, cut off, or unable to start; other hosts take over what an executor had',
  host_heard: 'all of it is heard of again, or waited for no more',
  no_leader: 'no executor leads: the rollout is not decided on, no job runs, and no message is sent',
  leader_there: '{process} leads',
  database_away: 'the database did not answer for {seconds} s, until {at}',
  database_answers: 'the database has answered for five minutes',
  hosts_differ: 'exposure does not rise: {told}',
  hosts_agree: 'all processes run the same build, schema and model',
  // Jobs, when they are done.
  backfilled: '{added} candles added in {streams} streams',
  gaps_repaired: '{holes} holes, {added} candles found for them',
  backed_up: '{folder}: {files} files, {megabytes} MB, opened and checked; {removed} old ones removed',
  backup_of_server: 'the database is a server, which its own tools back up; nothing was copied',
  snapshot_written: '{path}: {rows} rows; {removed} old ones removed',
  segments_verified: 'databases whole; {rows} audit rows in {segments} segments and {checkpoints} checkpoints verify',
  // Of runs before segments were counted.
  verified: 'databases whole; {rows} audit rows and {checkpoints} checkpoints verify',
  audit_broken: 'the audit does not verify, {count} found, first: {told}',
  row_edited: 'row {row} of {writer} is not as it was written',
  rows_gone: 'rows of {writer} are gone, from row {row} on',
  chain_gone: 'the chain of {writer} is gone, which a signed checkpoint saw',
  row_twice: 'row {row} of {writer} is there twice',
  row_moved: 'row {row} of {writer} stands in the wrong place',
  row_of_stranger: 'there are rows under the name of {writer} that are not of its chain',
  end_gone: 'the end of {writer} is gone, from row {row} on, which a signed checkpoint saw',
  chain_rewritten: 'row {row} of {writer} is not the one that a signed checkpoint saw',
  checkpoint_distrusted: 'a signed checkpoint does not hold: {words}',
  audit_unreadable: 'the audit cannot be read: {words}',
  database_damaged: '{path} is damaged: {words}',
  job_died: 'its process ended before it did',
  audit_pruned: '{told}; {rows} rows of the audit, {months} months of it, {waiting} more when nobody reads them',
  candles_pruned: '{told}; {candles} candles, {partitions} partitions of candles, {waiting} more when nobody reads them',
  pruned:
    'removed {slices} slices, {equity} points of equity, {runs} runs of jobs, {messages} messages, {alerts} alerts, {labels} labels, {reports} reports',
  report_made: '{report}: {bytes} bytes of evidence',
  report_there: '{report} is there already',
  report_waits: '{report} waits; a running executor makes it within a minute',
  labelled: '{count} labels; {told}',
  model_judged: '{model} {verdict}, {rounds} rounds more',
  marker_unread: 'calibration_markers.csv, {words}',
  drift_unready: '{model}: not enough labels to compare with yet',
  drift_few: '{model}: not enough labels in seven days',
  drift_none: '{model}: no drift',
  drift_found: '{model}: {features} drifted',
  candidate_made: '{model} from {labels} labels up to {day}: the challenger of {parent}, which only a rollout makes champion',
  no_candidate: 'no candidate: {words}',
  week_learned: 'the week up to {day} is learned already',
  no_champion: 'the champion cannot be read: nothing was learned',
  labels_behind: 'waits for the labels of {streams}',
  // Of the executor, why it starts a rollout.
  first_start: 'first start',
  // What the criteria of success ask for.
  all_the_time: '{bound} throughout',
  a_minute: '{bound} a minute',
  collects: 'on, and labels come',
  balanced: 'at least {count} buckets, none over {percent} %',
  // Rehearsals: how they ended.
  ended_unlike: 'ended in {phase}, and {expected} was expected: {told}',
  ended_other: 'ended in {phase}, and {expected} was expected',
  ended_expected: 'ended in {phase}, as expected',
  ended_by_faults_because: 'ended in {phase}, as its faults demand: {told}',
  ended_by_faults: 'ended in {phase}, as its faults demand',
  ended_without_fault_because: 'ended in {phase} without a fault: {told}',
  ended_without_fault: 'ended in {phase} without a fault',
  ended_done: 'ended in done',
  holds_by_faults: 'still {phase}: it holds, as its faults demand: {told}',
  not_ended: 'still {phase} when its time was over: {told}',
  // Rehearsals: what happened.
  executor_died: 'the executor died',
  executor_starts: 'the executor starts',
  rollout_begins: 'the rollout begins in preview',
  fenced: 'epoch {epoch}, {count} orders on the wire',
  kept: 'before that for {duration}: {told}',
  not_calm: 'not long enough without a warning',
  gate_clear: 'gate:{gate} is clear',
  alerted: '{severity} {code}: {told}',
  decided: '{decision}: {told}',
} as const

export type ToldCode = keyof typeof TOLD

const DECISIONS = [
  'kill',
  'rollback',
  'preview only',
  'counter move',
  'hold',
  'pause',
  'await approval',
  'approve',
  'advance',
  'venue halted',
  'venue resumed',
]

export const readTold = createReader(TOLD, {
  told: '[^]*',
  words: '[^]*',
  key: '.+',
  code: '\\w+',
  builds: '[0-9a-f]+(, [0-9a-f]+)*|nothing',
  folder: '[^;]+',
  path: '[^;:]+',
  streams: '.+',
  parent: '[^,\\s]+',
  report: 'day-[\\d-]+',
  quantity: '[\\d.]+',
  order: '\\S+',
  at: '\\S+',
  process: '[\\w.-]+',
  venue: '\\S+( testnet)?',
  model: '\\S+',
  bound: '[<≥] [\\d.]+( \\S+)?',
  theirs: '[\\d.]+',
  ours: '[\\d.-]+',
  gate: GATE_NAMES.join('|'),
  severity: 'red|yellow',
  decision: DECISIONS.join('|'),
  phase: '\\w+',
  expected: '\\w+',
  duration: '[\\d.]+ \\w+( [\\d.]+ \\w+)?',
})

export const told = createWriter(TOLD)

/** What each scheduled job does. */
export const JOB_TEXTS = {
  backfill: 'fetches older candles, so that every stream has 1,000',
  'gap-repair': 'asks the feed for candles that are missing between stored ones',
  backup: 'copies every database, opens the copies and checks them; keeps the last 7',
  integrity: 'checks the pages of every database and every link of the audit',
  retention:
    'removes figures of 30 s and equity of a minute that are older than 90 days, and candles and audit past SPARK_CANDLE_DAYS and SPARK_AUDIT_DAYS',
  labels: 'labels what was decided on closed candles, and judges the models by it',
  snapshot: 'writes the audit of the last day to data/audit_snapshot_YYYYMMDD.json; keeps 90 days',
  report: 'makes the report of the last day, with its evidence',
  drift: 'compares the features of seven days with those that a model was made on; it warns and changes nothing',
  learn: 'once a week makes a candidate model of the labels up to Monday; it takes over only by a rollout',
} as const
export type JobTextName = keyof typeof JOB_TEXTS
