CREATE TABLE paper_balance (asset text primary key not null, free text not null, locked text not null) strict;

CREATE TABLE paper_fill (
        id integer primary key autoincrement not null, client_order_id text not null references paper_order (client_order_id),
        symbol text not null, side text not null, quantity text not null, price text not null, fee text not null,
        fee_asset text not null, ts integer not null) strict;

CREATE INDEX paper_fill_symbol on paper_fill (symbol, ts);

CREATE TABLE paper_order (
        client_order_id text primary key not null, venue_order_id text not null unique, symbol text not null, side text not null,
        quantity text not null, filled_quantity text not null, price text, state text not null, locked text not null,
        created_at integer not null, updated_at integer not null) strict;

CREATE INDEX paper_order_state on paper_order (state, symbol);

CREATE TABLE sqlite_sequence(name,seq);
