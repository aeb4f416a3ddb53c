CREATE TABLE "audit_checkpoint" ("ts" integer not null primary key,
  "document" text not null,
  "signature" text not null) strict;

CREATE TRIGGER "audit_checkpoint_no_delete" before delete on "audit_checkpoint"
      begin select raise(abort, 'audit_checkpoint is append-only'); end;

CREATE TRIGGER "audit_checkpoint_no_update" before update on "audit_checkpoint"
      begin select raise(abort, 'audit_checkpoint is append-only'); end;

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

CREATE TRIGGER "model_no_delete" before delete on "model"
      begin select raise(abort, 'model is append-only'); end;

CREATE TRIGGER "model_no_update" before update on "model"
      begin select raise(abort, 'model is append-only'); end;

CREATE TABLE "smoke_run" ("ts" integer not null primary key,
  "ok" integer not null,
  "checks" text not null,
  "version" text not null,
  "build_sha" text not null) strict;

CREATE TABLE "storage_probe" ("id" integer not null primary key,
  "counter" integer not null) strict;
