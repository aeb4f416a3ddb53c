CREATE TABLE "audit_segment" ("writer" text not null,
  "first_seq" integer not null,
  "last_seq" integer not null,
  "first_ts" integer not null,
  "last_ts" integer not null,
  "prev_hash" text not null,
  "hashes" text not null,
  "body" text not null, constraint "audit_segment_pk" primary key ("writer",
  "first_seq")) strict;

CREATE TRIGGER "audit_segment_no_delete" before delete on "audit_segment"
      begin select raise(abort, 'audit_segment is append-only'); end;

CREATE TRIGGER "audit_segment_no_update" before update on "audit_segment"
      begin select raise(abort, 'audit_segment is append-only'); end;

CREATE TABLE "storage_probe" ("id" integer not null primary key,
  "counter" integer not null) strict;
