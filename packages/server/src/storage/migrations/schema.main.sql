CREATE TABLE alert (
    id integer primary key autoincrement not null, ts integer not null, severity text not null, code text not null,
    scope text not null, message text not null, count integer not null, last_ts integer not null, state text not null default 'resolved', snoozed_until integer, resolved_ts integer, told integer not null default 1, look_ts integer, escalations integer not null default 0, changed_by text, reason text, change integer not null default 0) strict;

CREATE INDEX alert_change on alert (change);

CREATE INDEX alert_code on alert (code, scope, last_ts);

CREATE TABLE alert_group (
    id integer primary key autoincrement not null, audience text not null, opened_at integer not null,
    closed integer not null) strict;

CREATE INDEX alert_last on alert (last_ts, id);

CREATE TABLE alert_notice (
    id integer primary key autoincrement not null, group_id integer not null references alert_group (id), alert_id integer not null,
    kind text not null, ts integer not null, severity text not null, code text not null, scope text not null,
    message text not null) strict;

CREATE INDEX alert_notice_group on alert_notice (group_id);

CREATE UNIQUE INDEX alert_open on alert (code, scope) where state <> 'resolved';

CREATE INDEX alert_open_id on alert (id) where state <> 'resolved';

CREATE TABLE api_token (
    id text primary key not null, hash text unique not null, user_name text not null references user_account (name),
    name text not null, permissions text not null, created_at integer not null, expires_at integer not null, used_at integer,
    unique (user_name, name)) strict;

CREATE TABLE "audit_checkpoint" ("ts" integer not null primary key,
  "document" text not null,
  "signature" text not null) strict;

CREATE TRIGGER "audit_checkpoint_no_delete" before delete on "audit_checkpoint"
      begin select raise(abort, 'audit_checkpoint is append-only'); end;

CREATE TRIGGER "audit_checkpoint_no_update" before update on "audit_checkpoint"
      begin select raise(abort, 'audit_checkpoint is append-only'); end;

CREATE TABLE audit_outbox (id integer primary key autoincrement not null, event text not null) strict;

CREATE TABLE "candle" ("symbol" text not null,
  "tf" text not null,
  "ts" integer not null,
  "o" real not null,
  "h" real not null,
  "l" real not null,
  "c" real not null,
  "v" real not null,
  "close_ts" integer,
  "source" text not null, constraint "candle_pk" primary key ("symbol",
  "tf",
  "ts")) strict, without rowid;

CREATE TABLE "candle_gap" ("symbol" text not null,
  "tf" text not null,
  "first_missing_ts" integer not null,
  "missing" integer not null,
  "recorded_at" integer not null, constraint "candle_gap_pk" primary key ("symbol",
  "tf",
  "first_missing_ts")) strict, without rowid;

CREATE TABLE drift_look (
    model text not null, ts integer not null, features text not null, primary key (model, ts)) strict, without rowid;

CREATE TABLE drift_reference (
    model text primary key not null, reference text not null, created_at integer not null) strict;

CREATE TABLE equity_mark (name text primary key not null, ts integer not null, equity text not null) strict;

CREATE TABLE equity_point (
    ts integer not null, scope text not null, equity text not null, realized text not null, unrealized text not null,
    fees text not null, primary key (ts, scope)) strict, without rowid;

CREATE TABLE exchange_key (
    venue text primary key not null, hint text not null, sealed text not null, created_at integer not null) strict;

CREATE TABLE installation (name text primary key not null, value text not null, set_at integer not null) strict;

CREATE TABLE job_run (
    id integer primary key autoincrement not null, job text not null, started_at integer not null, ended_at integer,
    outcome text, detail text, asked_by text) strict;

CREATE INDEX job_run_job on job_run (job, started_at);

CREATE TABLE kill_switch (scope text primary key not null, reason text not null, actor text not null, set_at integer not null) strict;

CREATE TABLE label (
    model text not null, symbol text not null, tf text not null, ts integer not null, direction integer not null,
    confid real not null, rsi real not null, macd real not null, trend real not null, atr real not null,
    entry_ts integer not null, entry_price real not null, exit_ts integer not null, exit_price real not null,
    outcome text not null, ambiguous integer not null, candles_held integer not null, net_return real not null,
    hit integer not null, profit_distance real not null, stop_distance real not null, cost_rate real not null,
    primary key (model, symbol, tf, ts)) strict, without rowid;

CREATE TABLE label_counter (
    model text not null, symbol text not null, tf text not null, bucket integer not null, counted integer not null,
    labels integer not null, hits integer not null, ambiguous integer not null, candles_held integer not null,
    confid_nano integer not null, brier_nano integer not null, log_loss_nano integer not null,
    break_even_nano integer not null, net_return_nano integer not null,
    primary key (model, symbol, tf, bucket, counted)) strict, without rowid;

CREATE INDEX label_entry on label (model, entry_ts);

CREATE INDEX label_exit on label (model, exit_ts);

CREATE TABLE label_stream (
    symbol text not null, tf text not null, source text not null, last_ts integer not null, state text not null,
    changed_at integer not null, primary key (symbol, tf)) strict, without rowid;

CREATE TABLE learner (
    id integer primary key not null check (id = 1), state text not null, learned_to integer not null,
    changed_at integer not null) strict;

CREATE TABLE lease (
    name text primary key not null, holder text not null, number integer not null, until integer not null) strict;

CREATE TABLE live_setting (
    name text primary key not null, value text not null, actor text not null, changed_at integer not null) strict;

CREATE TABLE "metric_slice" ("step_s" integer not null,
  "slice_ts" integer not null,
  "source" text not null,
  "metric" text not null,
  "body" text not null, constraint "metric_slice_pk" primary key ("step_s",
  "slice_ts",
  "source",
  "metric")) strict, without rowid;

CREATE TABLE "model" ("version" text not null primary key,
  "document" text not null,
  "hash" text not null,
  "created_at" integer not null) strict;

CREATE TABLE "model_alias" ("alias" text not null primary key,
  "version" text not null references "model" ("version"),
  "changed_at" integer not null) strict;

CREATE TABLE model_evidence (
    model text primary key not null, evidence text not null, rounds_to integer not null, verdict text not null,
    changed_at integer not null, leave_out text not null default '[]') strict;

CREATE TRIGGER "model_no_delete" before delete on "model"
      begin select raise(abort, 'model is append-only'); end;

CREATE TRIGGER "model_no_update" before update on "model"
      begin select raise(abort, 'model is append-only'); end;

CREATE TABLE model_training (
    model text primary key not null, parent text not null, evidence text not null, created_at integer not null) strict;

CREATE TABLE optimization (
    id text primary key not null, strategy_id text not null, asked_by text not null, asked_at integer not null, reason text,
    ask text not null, state text not null, progress integer not null, cancel_asked integer not null, ended_at integer,
    ok integer, said text, proposal text) strict;

CREATE INDEX optimization_asked on optimization (asked_at, id);

CREATE TABLE order_fill (
    venue text not null, symbol text not null, fill_id text not null, intent_id text not null references trade_order (intent_id),
    strategy_id text not null, arm text not null, side text not null, quantity text not null, price text not null,
    fee text not null, fee_asset text not null, realized text not null, ts integer not null, recorded_at integer not null,
    primary key (venue, symbol, fill_id)) strict, without rowid;

CREATE INDEX order_fill_intent on order_fill (intent_id);

CREATE TRIGGER "order_fill_no_delete" before delete on "order_fill"
      begin select raise(abort, 'order_fill is append-only'); end;

CREATE TRIGGER "order_fill_no_update" before update on "order_fill"
      begin select raise(abort, 'order_fill is append-only'); end;

CREATE INDEX order_fill_ts on order_fill (ts);

CREATE TABLE override_ask (
    id text primary key not null, rollout_id text not null, asked_by text not null, reason text not null, asked_at integer not null,
    expires_at integer not null) strict;

CREATE TABLE position (
    strategy_id text primary key not null references strategy (id), symbol text not null, arm text not null,
    quantity text not null, average_price text not null, opened_at integer not null, reduce_only integer not null,
    exposure_micros integer not null, changed_at integer not null) strict;

CREATE TABLE process_report (
    process text primary key not null, pid integer not null, build_sha text not null, version text not null,
    schema_hash text not null, model_hash text not null, reported_at integer not null, canary text) strict;

CREATE TABLE profit (
    strategy_id text not null references strategy (id), arm text not null, realized text not null, fees text not null,
    fills integer not null, changed_at integer not null, primary key (strategy_id, arm)) strict, without rowid;

CREATE TABLE queue_job (
    id text primary key not null, queue text not null, key text not null, payload text not null, state text not null,
    attempts integer not null, run_at integer not null, lease_until integer, lease_token text, reason text, detail text,
    enqueued_at integer not null, changed_at integer not null, owner text, unique (queue, key)) strict;

CREATE INDEX queue_job_ready on queue_job (queue, state, run_at);

CREATE TABLE rehearsal (
    id text primary key not null, asked_by text not null, asked_at integer not null, reason text, ask text not null, state text not null,
    progress integer not null, cancel_asked integer not null, ended_at integer, ok integer, said text) strict;

CREATE INDEX rehearsal_asked on rehearsal (asked_at, id);

CREATE TABLE report (
    id text primary key not null, kind text not null, from_ts integer not null, to_ts integer not null, asked_by text not null,
    asked_at integer not null, state text not null, said text, ended_at integer, document text, evidence text) strict;

CREATE INDEX report_asked on report (asked_at, id);

CREATE TABLE report_signature (
    report_id text not null references report (id), kind text not null, name text not null, signed_at integer not null,
    primary key (report_id, kind)) strict, without rowid;

CREATE TABLE request_count (
          minute integer not null, process text not null, whose text not null, requests integer not null,
          primary key (minute, process, whose)) strict, without rowid;

CREATE TABLE rollout (
    id text primary key not null, ordinal integer not null unique, frozen text not null, plan_digest text not null,
    state text not null, phase text not null, started_at integer not null, started_by text not null,
    changed_at integer not null) strict;

CREATE TABLE rollout_epoch (
    id integer primary key not null check (id = 1), epoch integer not null, ml_off integer not null, changed_at integer not null, lease_until integer not null default 0, rollouts_given integer not null default 0) strict;

CREATE TABLE rollout_member (
    rollout_id text not null references rollout (id), rank integer not null, strategy_id text not null, capital text not null,
    canary integer not null, primary key (rollout_id, rank)) strict, without rowid;

CREATE TABLE setup_link (
    user_name text primary key not null references user_account (name), hash text unique not null, expires_at integer not null) strict;

CREATE TABLE sign_in_try (
    whose text primary key not null, tries integer not null, last_at integer not null, wait_until integer not null) strict, without rowid;

CREATE INDEX sign_in_try_last on sign_in_try (last_at);

CREATE TABLE "smoke_run" ("ts" integer not null primary key,
  "ok" integer not null,
  "checks" text not null,
  "version" text not null,
  "build_sha" text not null) strict;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE "storage_probe" ("id" integer not null primary key,
  "counter" integer not null) strict;

CREATE TABLE strategy (
    id text primary key not null, name text not null, symbol text not null, tf text not null, capital text not null,
    mode text not null, status text not null, baseline text not null, exposed integer not null,
    pause_reason text, decided_ts integer not null, created_at integer not null, changed_at integer not null) strict;

CREATE INDEX strategy_stream on strategy (symbol, tf);

CREATE TABLE trade_order (
    intent_id text primary key not null, client_order_id text not null unique,
    strategy_id text not null references strategy (id), symbol text not null, side text not null, purpose text not null,
    arm text not null, venue text not null, quantity text not null, filled_quantity text not null,
    reference_price text not null, state text not null, reason text, epoch integer not null, candle_ts integer not null,
    valid_until integer not null, venue_order_id text, reserved_micros integer not null, not_found_count integer not null,
    not_found_at integer, created_at integer not null, sending_at integer, changed_at integer not null,
    trace_id text not null, tf text not null default '', owner_number integer not null default 0) strict;

CREATE INDEX trade_order_created on trade_order (created_at);

CREATE INDEX trade_order_open on trade_order (strategy_id, state)
    where state in ('planned', 'reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown');

CREATE INDEX trade_order_sending on trade_order (sending_at) where sending_at is not null;

CREATE INDEX trade_order_strategy on trade_order (strategy_id, candle_ts);

CREATE TABLE user_account (
    name text primary key not null, role text not null, password_hash text, disabled integer not null, created_at integer not null,
    created_by text not null, signed_in_at integer) strict;

CREATE TABLE user_session (
    id text primary key not null, hash text unique not null, previous_hash text, renewed_at integer not null,
    user_name text not null references user_account (name), created_at integer not null, seen_at integer not null,
    ends_at integer not null, confirmed_at integer not null, address text not null, agent text not null) strict;

CREATE INDEX user_session_previous on user_session (previous_hash) where previous_hash is not null;

CREATE INDEX user_session_user on user_session (user_name);

CREATE TABLE venue_balance (
    venue text not null, asset text not null, amount text not null, changed_at integer not null, primary key (venue, asset))
    strict, without rowid;

CREATE TABLE venue_state (
    venue text primary key not null, halted_reason text, reconciled_at integer, changed_at integer not null, entries_stopped_reason text) strict;

CREATE TABLE verdict_history (
    model text not null, rounds_to integer not null, verdict text not null, labels integer not null,
    net_low real, net_mean real, net_high real, primary key (model, rounds_to)) strict, without rowid;
