CREATE TABLE "audit_entry" ("ts" integer not null,
  "writer" text not null,
  "seq" integer not null,
  "first_seq" integer not null,
  "action" text not null,
  "hidden" integer not null,
  "strategy_id" text,
  "trace_id" text, constraint "audit_entry_pk" primary key ("ts",
  "writer",
  "seq")) strict, without rowid;

CREATE INDEX "audit_entry_action" on "audit_entry" ("action",
  "ts",
  "writer",
  "seq");

CREATE INDEX "audit_entry_hidden" on "audit_entry" ("hidden",
  "ts",
  "writer",
  "seq");

CREATE INDEX audit_entry_strategy on audit_entry (strategy_id, hidden, ts, writer, seq, action)
      where strategy_id is not null;

CREATE INDEX audit_entry_trace on audit_entry (trace_id, ts, writer, seq)
      where trace_id is not null;

CREATE TABLE "audit_watermark" ("writer" text not null primary key,
  "seq" integer not null) strict;
